import type { NetworkPolicy } from '../../../../../cli/ephemeral/policies/network-policy.ts'

/** Numbers from 0 to 1 that come again for the same seed. */
export function createRandom (seed: number): () => number {
  // Small seeds alone would all begin with numbers near 0.
  let state = Math.imul(seed, 2654435761) >>> 0
  return () => {
    // Marsaglia's xorshift: good enough to choose among few.
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
}

export type RandomPolicies = {
  readonly random: () => number
  readonly namespace: string
  /** Selectors that select what is not something, too. */
  readonly withNegations: boolean
}

const LABELS = [['app', 'payments'], ['app', 'database'], ['app', 'web'], ['tier', 'back'], ['tier', 'front']] as const
const PORTS = [80, 5432]

/** None to four policies of a namespace. */
export function randomPolicies ({ random, namespace, withNegations }: RandomPolicies): readonly NetworkPolicy[] {
  const one = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T
  const some = <T>(most: number, make: () => T): T[] => Array.from({ length: Math.floor(random() * (most + 1)) }, make)

  const selector = () => {
    if (random() < 0.25) return {}
    const [key, value] = one(LABELS)
    if (random() < 0.6) return { matchLabels: { [key]: value } }
    const operator = one(withNegations ? ['In', 'Exists', 'NotIn', 'DoesNotExist'] : ['In', 'Exists'])
    return { matchExpressions: [{ key, operator, ...(operator.endsWith('In') && { values: [value] }) }] }
  }
  const namespaceSelector = () => one([{}, { matchLabels: { team: 'shop' } }, { matchLabels: { team: 'other' } },
    { matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'In', values: ['shop', 'none'] }] }])
  const peer = () => {
    const kind = random()
    if (kind < 0.1) return { ipBlock: { cidr: '10.0.0.1/32' } }
    return {
      ...(kind < 0.85 && { podSelector: selector() }),
      ...(kind > 0.55 && { namespaceSelector: namespaceSelector() })
    }
  }
  const rule = (side: 'from' | 'to') => ({
    ...(random() < 0.5 && { ports: some(2, () => ({ protocol: 'TCP', port: one(PORTS) })) }),
    ...(random() < 0.8 && { [side]: some(3, peer) })
  })
  return some(4, () => {
    const policyTypes = one([['Ingress'], ['Egress'], ['Ingress', 'Egress']])
    return {
      ...{ apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy' },
      metadata: { name: `p${Math.floor(random() * 1e9)}`, namespace },
      spec: {
        podSelector: selector(),
        policyTypes,
        ...(policyTypes.includes('Ingress') && { ingress: some(3, () => rule('from')) }),
        ...(policyTypes.includes('Egress') && { egress: some(3, () => rule('to')) })
      }
    }
  })
}
