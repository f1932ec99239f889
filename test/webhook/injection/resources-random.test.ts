import test from 'ava'
import type { InjectionContext } from '../../../webhook/injection/context.ts'
import type { Pod } from '../../../webhook/injection/pod.ts'
import { planInjection } from '../../../webhook/injection/plan.ts'
import { applyPatch } from '../../../webhook/apply-patch.ts'
import { naiveQos, objections, withDefaults } from '../../helpers/naive-admission.ts'
import { aContainer, aContext, aPod } from '../pods.ts'

const CASES = 4000

test('whatever LimitRanges and quotas say, no pod that they let in is refused with us or changes its class', t => {
  const counts = { injected: 0, limited: 0, noRoom: 0, refusedAnyway: 0 }
  for (let seed = 1; seed <= CASES; seed++) {
    const { pod, context } = randomCase(randomOf(seed))
    if (objections(pod, context.limitRanges, context.quotas).length > 0) {
      counts.refusedAnyway++
      continue
    }
    const plan = planInjection(pod, context)
    if (plan.kind === 'skip') {
      t.is(plan.reason.kind, 'no-room', `seed ${seed}`)
      counts.noRoom++
      continue
    }
    const patched = applyPatch(pod, plan.patch) as Pod
    const after = withDefaults(patched, context.limitRanges)
    const ours = patched.spec.initContainers?.slice(0, 2).map(({ resources }) => resources?.limits)
    counts.injected++
    if (ours?.[0] !== undefined) counts.limited++
    t.deepEqual(objections(after, context.limitRanges, context.quotas), [], `seed ${seed}`)
    const filled = after.spec.initContainers?.slice(0, 2).map(({ resources }) => resources?.limits)
    t.deepEqual(filled, ours?.map(limits => limits ?? {}), `seed ${seed}: a limit was filled in`)
    t.is(naiveQos(after), naiveQos(pod), `seed ${seed}`)
  }
  t.log(counts)
  for (const count of Object.values(counts)) t.true(count > CASES / 40, JSON.stringify(counts))
})

type Random = { readonly chance: (of: number) => boolean, readonly pick: <T>(items: readonly T[]) => T }

/** mulberry32: the same numbers for the same seed. */
function randomOf (seed: number): Random {
  let state = seed
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  return { chance: of => next() < of, pick: items => items[Math.floor(next() * items.length)] as typeof items[number] }
}

const CPU = ['50m', '100m', '333m', '500m', '1', '2']
const MEMORY = ['64Mi', '100Mi', '200000000', '256Mi', '1Gi', '3Gi']

function randomCase (random: Random): { readonly pod: Pod, readonly context: InjectionContext } {
  const context = aContext({
    limitRanges: random.chance(0.7) ? [randomRange(random)] : [],
    quotas: random.chance(0.4) ? [randomQuota(random)] : []
  })
  const kind = random.pick(['BestEffort', 'Burstable', 'Guaranteed'] as const)
  const container = (name: string): object => aContainer({ name, resources: randomResources(random, kind) })
  const pod = aPod({
    containers: [container('app'), ...random.chance(0.4) ? [container('other')] : []],
    spec: random.chance(0.3)
      ? { initContainers: [{ ...container('init'), ...random.chance(0.5) && { restartPolicy: 'Always' } }] }
      : {}
  })
  return { pod: withDefaults(pod, context.limitRanges), context }
}

function randomResources ({ chance, pick }: Random, kind: string): object {
  if (kind === 'BestEffort') return {}
  const limits = { cpu: pick(CPU), memory: pick(MEMORY) }
  if (kind === 'Guaranteed') return { limits, requests: limits }
  return chance(0.5) ? { requests: { cpu: '50m', memory: '64Mi' } } : { limits, requests: { cpu: '50m', memory: '64Mi' } }
}

function some ({ chance, pick }: Random): Record<string, string> {
  return { ...chance(0.6) && { cpu: pick(CPU) }, ...chance(0.6) && { memory: pick(MEMORY) } }
}

function randomRange (random: Random): InjectionContext['limitRanges'][number] {
  const { chance } = random
  return {
    name: 'range',
    limits: [
      {
        type: 'Container',
        ...chance(0.5) && { max: some(random) },
        ...chance(0.4) && { default: some(random) },
        ...chance(0.4) && { min: { ...chance(0.5) && { cpu: '20m' }, ...chance(0.5) && { memory: '50Mi' } } },
        ...chance(0.3) && { maxLimitRequestRatio: { ...chance(0.5) && { cpu: '3' }, ...chance(0.5) && { memory: '1.5' } } }
      },
      ...chance(0.3)
        ? [{ type: 'Pod', max: { ...chance(0.5) && { cpu: '3' }, ...chance(0.5) && { memory: '4Gi' } } }]
        : []
    ]
  }
}

function randomQuota ({ chance, pick }: Random): InjectionContext['quotas'][number] {
  const hard = {
    ...chance(0.4) && { 'limits.cpu': '5' },
    ...chance(0.4) && { 'limits.memory': '8Gi' },
    ...chance(0.3) && { 'requests.cpu': '5' },
    ...chance(0.3) && { memory: '8Gi' }
  }
  const used = { 'limits.cpu': pick(CPU), 'limits.memory': pick(MEMORY), 'requests.cpu': pick(CPU), memory: pick(MEMORY) }
  return { name: 'quota', scopes: [], hasScopeSelector: false, hard, used }
}
