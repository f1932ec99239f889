import test, { type ExecutionContext } from 'ava'
import type { NetworkPolicy } from '../../../../cli/ephemeral/policies/network-policy.ts'
import { tellOfOtherNamespaces } from '../../../../cli/ephemeral/policies/other-namespaces.ts'
import { planNetworkPolicies } from '../../../../cli/ephemeral/policies/plan-network.ts'
import { createRandom, randomPolicies } from './helpers/random-policies.ts'
import { reaches, type PolicyPod } from './helpers/reachability.ts'

const CASES = 1000
const PORTS = [80, 5432, 9000]
const APP_PORTS = [80, 9000]
const own = (part: string, copy?: string) => ({
  'waylay.dev/environment': 'pr-1', 'waylay.dev/environment-part': part, ...(copy && { 'waylay.dev/copy': copy })
})
const pod = (labels: Record<string, string>, namespace = 'shop'): PolicyPod => ({ namespace, labels })
const ORIGINAL = pod({ app: 'payments', tier: 'back' })
const SIBLING = pod({ app: 'payments', tier: 'back', index: '2' })
const COPY = pod(own('copy', 'payments-pr-1'))
const COPY_SIBLING = pod({ ...own('copy', 'payments-pr-1'), index: '2' })
const COMPANION = pod(own('companion'))
const OTHERS = [
  pod({ app: 'database', tier: 'back' }), pod({ app: 'web', tier: 'front' }), pod({}), pod({ ip: '10.0.0.1/32' }),
  pod({ app: 'web' }, 'outside'), pod({ app: 'payments', tier: 'back' }, 'outside'),
  // Looks like the copy, and is somebody else's.
  pod(own('copy', 'payments-pr-1'), 'outside'), pod(own('copy', 'payments-pr-2')), pod({ ip: '10.9.9.9/32' }, 'nowhere')
]
const NAMESPACES = {
  shop: { team: 'shop', 'kubernetes.io/metadata.name': 'shop' },
  outside: { team: 'other', 'kubernetes.io/metadata.name': 'outside' }
}
const PODS = {
  copy: 'payments-pr-1',
  workload: 'deployment/payments',
  original: ORIGINAL.labels,
  labels: COPY.labels,
  ports: APP_PORTS,
  services: ['payments']
}

type World = {
  readonly before: readonly NetworkPolicy[]
  readonly after: readonly NetworkPolicy[]
  readonly warnings: readonly string[]
}

function makeWorld (seed: number, withNegations: boolean): World {
  const random = createRandom(seed)
  const policies = randomPolicies({ random, namespace: 'shop', withNegations })
  const outside = randomPolicies({ random, namespace: 'outside', withNegations })
  const facts = {
    namespace: 'shop',
    environment: 'pr-1',
    companion: COMPANION.labels,
    policies,
    apiServer: [{ ip: '10.9.9.9', port: 9000 }]
  }
  const { objects, warnings } = planNetworkPolicies(facts, PODS)
  const where = { namespace: 'shop', namespaceLabels: NAMESPACES.shop, copies: [PODS] }
  return {
    before: [...policies, ...outside],
    after: [...policies, ...outside, ...objects as readonly NetworkPolicy[]],
    warnings: [...warnings, ...tellOfOtherNamespaces(outside, where)]
  }
}

/** Each pair of who sends and who is reached: of the originals, and with copies in their places. */
function pairs (): readonly (readonly [PolicyPod, PolicyPod, PolicyPod, PolicyPod])[] {
  return [
    ...OTHERS.flatMap(other => [[ORIGINAL, other, COPY, other], [other, ORIGINAL, other, COPY]] as const),
    [ORIGINAL, SIBLING, COPY, ORIGINAL], [ORIGINAL, SIBLING, ORIGINAL, COPY], [ORIGINAL, SIBLING, COPY, COPY_SIBLING]
  ]
}

function show (t: ExecutionContext, seed: number, { before, after, warnings }: World, what: unknown): void {
  t.log(JSON.stringify({ seed, what, before, added: after.slice(before.length), warnings }, undefined, 1))
}

type Difference = { readonly from: PolicyPod, readonly to: PolicyPod, readonly port: number, readonly isMore: boolean }

/** Where the copy does not fare as the original does. */
function differences ({ after }: World): readonly Difference[] {
  return pairs().flatMap(([from, to, copyFrom, copyTo]) => PORTS.flatMap(port => {
    const isMore = reaches(after, copyFrom, copyTo, port, NAMESPACES)
    return isMore === reaches(after, from, to, port, NAMESPACES) ? [] : [{ from: copyFrom, to: copyTo, port, isMore }]
  }))
}

/** Another namespace's policies are not ours to add to: each that matters is told of. */
function isTold ({ from, to }: Difference, { warnings }: World): boolean {
  return warnings.length > 0 && [from, to].some(({ namespace }) => namespace === 'outside')
}

test('a copy reaches, and is reached by, whatever the original is', t => {
  let made = 0
  for (let seed = 1; seed <= CASES; seed++) {
    const world = makeWorld(seed, false)
    made += world.after.length - world.before.length
    const wrong = differences(world).find(each => !isTold(each, world))
    if (wrong === undefined) continue
    show(t, seed, world, wrong)
    return t.fail(`seed ${seed}`)
  }
  t.log(`${CASES} sets of policies, ${made} policies made for their copies`)
  t.true(made > CASES)
})

test('where policies name what they do not select, a copy reaches no less, and more only with a warning', t => {
  let more = 0
  for (let seed = 1; seed <= CASES; seed++) {
    const world = makeWorld(seed, true)
    const found = differences(world)
    more += found.length
    const wrong = found.find(each => !isTold(each, world) && !(each.isMore && world.warnings.length > 0))
    if (wrong === undefined) continue
    show(t, seed, world, wrong)
    return t.fail(`seed ${seed}`)
  }
  t.log(`${CASES} sets of policies, ${more} ways open to the copy alone, each with a warning`)
  t.true(more > 0)
})

test('nobody else reaches anything else than before', t => {
  const everybody = [ORIGINAL, SIBLING, ...OTHERS]
  for (let seed = 1; seed <= CASES; seed++) {
    const { before, after, ...rest } = makeWorld(seed, seed % 2 === 0)
    for (const from of everybody) {
      for (const to of everybody) {
        for (const port of PORTS) {
          if (reaches(before, from, to, port, NAMESPACES) === reaches(after, from, to, port, NAMESPACES)) continue
          show(t, seed, { before, after, ...rest }, { from, to, port })
          return t.fail(`seed ${seed}`)
        }
      }
    }
  }
  t.pass()
})

test('the companion always reaches copy, DNS and API server, and is reached by whoever was before', t => {
  const dns = pod({}, 'nowhere')
  const apiServer = pod({ ip: '10.9.9.9/32' }, 'nowhere')
  for (let seed = 1; seed <= CASES; seed++) {
    const world = makeWorld(seed, seed % 2 === 0)
    const needs = [
      ...APP_PORTS.map(port => [COPY, port] as const), [dns, 53] as const, [apiServer, 9000] as const
    ]
    const missing = needs.find(([to, port]) => !reaches(world.after, COMPANION, to, port, NAMESPACES))
    const isReached = (policies: readonly NetworkPolicy[]) =>
      OTHERS.map(other => reaches(policies, other, COMPANION, 80, NAMESPACES))
    const changed = isReached(world.before).join() === isReached(world.after).join() ? undefined : 'who reaches it'
    if (missing === undefined && changed === undefined) continue
    show(t, seed, world, { missing, changed })
    return t.fail(`seed ${seed}`)
  }
  t.pass()
})

test('nothing is made where no policy is', t => {
  const facts = {
    namespace: 'shop', environment: 'pr-1', companion: COMPANION.labels, policies: [], apiServer: undefined
  }
  t.deepEqual(planNetworkPolicies(facts, PODS), { objects: [], warnings: [] })
})
