import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import { applyPatch } from '../../../webhook/apply-patch.ts'
import type { InjectionContext } from '../../../webhook/injection/context.ts'
import { planInjection, type InjectionPlan } from '../../../webhook/injection/plan.ts'
import { readPod, type Pod } from '../../../webhook/injection/pod.ts'
import type { Operation } from '../../../webhook/operation.ts'
import { aContext } from '../pods.ts'

const FOLDER = fileURLToPath(new URL('golden/', import.meta.url))

/** A pod in and the plan for it, as files: see CONTRIBUTING.md. */
export type GoldenCase = {
  readonly name: string
  /** `pod.yaml`, as the webhook is asked about it: after `reinvoked.yaml`, where there is one. */
  readonly pod: Pod
  /** `context.yaml`: what differs from a plain namespace in a plain cluster. */
  readonly context: Partial<InjectionContext>
  /** Whether the pod was injected before, and changed by another webhook since. */
  readonly isReinvoked: boolean
  readonly planPath: string
}

/** Every case, by its folder. */
export function goldenCases (): readonly GoldenCase[] {
  return readdirSync(FOLDER).sort().map(name => {
    const context = readYaml<Partial<InjectionContext>>(name, 'context.yaml') ?? {}
    const pod = readPod(readYaml(name, 'pod.yaml'))
    const change = readYaml<readonly Operation[]>(name, 'reinvoked.yaml')
    return {
      name,
      pod: change === undefined ? pod : reinvoked(pod, context, change),
      context,
      isReinvoked: change !== undefined,
      planPath: `${FOLDER}${name}/plan.json`
    }
  })
}

/** The plan that the code makes of it now. */
export function planOf ({ pod, context }: Pick<GoldenCase, 'pod' | 'context'>): InjectionPlan {
  return planInjection(pod, aContext(context))
}

/** The plan that the files hold. */
export function goldenPlanOf ({ planPath }: GoldenCase): InjectionPlan {
  return JSON.parse(readFileSync(planPath, 'utf8')) as InjectionPlan
}

/** What whoever creates the pod is told. */
export function warningsOf (plan: InjectionPlan): readonly string[] {
  if (plan.kind === 'inject' || plan.kind === 'propagate') return plan.warnings
  return plan.warning === undefined ? [] : [plan.warning]
}

/** As the API server asks again (`reinvocationPolicy: IfNeeded`): injected, then changed by another webhook. */
function reinvoked (pod: Pod, context: Partial<InjectionContext>, change: readonly Operation[]): Pod {
  const plan = planOf({ pod, context })
  if (plan.kind !== 'inject') throw new Error(`A pod that was not injected cannot be asked about again: ${plan.kind}`)
  return readPod(applyPatch(applyPatch(pod, plan.patch), change))
}

function readYaml<T> (name: string, file: string): T | undefined {
  const path = `${FOLDER}${name}/${file}`
  return existsSync(path) ? parse(readFileSync(path, 'utf8')) as T : undefined
}
