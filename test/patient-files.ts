/**
 * End-to-end files that spend their time waiting: for a lease to end, a minute of cron, a laptop that sleeps. They run
 * beside each other, three at a time, the slowest first. Whoever belongs here touches nothing but namespaces of its
 * own, neither the installation nor the API server nor a node, and claims nothing of how fast something is.
 */
export const PATIENT_FILES = ['carriers', 'expiry', 'sleep', 'kinds', 'clocks', 'tls', 'killed'] as const

export const BESIDE = 3
