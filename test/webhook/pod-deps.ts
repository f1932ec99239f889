import { createFacts } from '../../webhook/facts/facts.ts'
import type { PodDeps } from '../../webhook/handle-pod.ts'

/** A cluster of which nothing is known, and where nothing that is told is kept. */
export function somePodDeps (): Omit<PodDeps, 'log'> {
  return {
    readNamespace: async () => ({ labels: { 'waylay.dev/inject': 'enabled' }, annotations: {}, isTerminating: false }),
    facts: createFacts(),
    findBypass: () => undefined,
    ticketKey: () => 'key',
    sidecar: { image: 'waylay/sidecar:1', imagePullPolicy: 'Never' },
    systemNamespace: 'waylay-system',
    expect: () => {},
    forget: () => {},
    tell: () => {},
    count: () => {},
    monotonicMs: () => 0
  }
}
