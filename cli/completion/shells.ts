/** Shells we have a script for. */
export const COMPLETION_SHELLS = ['bash', 'zsh', 'fish'] as const

export type CompletionShell = typeof COMPLETION_SHELLS[number]
