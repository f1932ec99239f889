import { ANNOTATIONS, PROPAGATE_DIR, type PropagateLanguage } from '../../common/contract.ts'
import type { LeftOut } from '../../common/injected.ts'
import type { AddOperation, Operation, RemoveOperation } from '../operation.ts'
import { addItems } from './additions.ts'
import { PROPAGATE_VOLUME } from './containers.ts'
import type { InjectionContext } from './context.ts'
import { LANGUAGE_VARIABLES, withOurs, withoutOurs } from './language-variables.ts'
import type { Container, Pod, VolumeMount } from './pod.ts'
import { findClash, operatorClash, storageClash } from './propagate-clash.ts'

/** What a pod gets so that its app carries headers on. */
export type PropagatePlan = {
  /** Undefined where no container can have it. */
  readonly language?: PropagateLanguage
  readonly operations: readonly AddOperation[]
  readonly leftOut: readonly LeftOut[]
  /** Containers whose variable holds ours alone: a value of the image's is hidden. */
  readonly alone: readonly string[]
  readonly warnings: readonly string[]
}

/** An image is 24 MiB at most, and nothing else is written there. */
const SIZE_LIMIT = '64Mi'

export const PROPAGATE_VOLUMES = [{ name: PROPAGATE_VOLUME, emptyDir: { sizeLimit: SIZE_LIMIT } }] as const

/** Plans it for each container of the app that can have it; the others stay as they are, with a warning. */
export function planPropagate (
  pod: Pod, language: PropagateLanguage | undefined, { propagate, namespaceAnnotations }: InjectionContext
): PropagatePlan {
  if (language === undefined) return { operations: [], leftOut: [], alone: [], warnings: [] }
  const why = propagate == null
    ? 'the webhook was not told its image (WAYLAY_PROPAGATE_IMAGE)'
    : operatorClash(pod, namespaceAnnotations, language) ?? storageClash(pod, language)
  const plans = pod.spec.containers.map((container, index) =>
    why === undefined ? planContainer(pod, container, index, language) : { why })
  const operations = plans.flatMap(plan => 'operations' in plan ? plan.operations : [])
  const names = (isWanted: (plan: ContainerPlan) => boolean): readonly string[] =>
    pod.spec.containers.filter((_, index) => isWanted(plans[index] as ContainerPlan)).map(({ name }) => name)
  const alone = names(plan => 'operations' in plan && plan.isAlone)
  const leftOut = plans.flatMap((plan, index) =>
    'why' in plan ? [{ container: pod.spec.containers[index]?.name ?? '', why: plan.why }] : [])
  return {
    ...(operations.length > 0 && { language }),
    operations,
    leftOut,
    alone,
    warnings: [
      ...why === undefined ? leftOut.map(({ container, why }) => warn(`left out: ${container}: ${why}`)) : [warn(`left out: ${why}`)],
      ...alone.map(name => warnOfImage(name, language))
    ]
  }
}

type ContainerPlan =
  | { readonly operations: readonly AddOperation[], readonly isAlone: boolean }
  | { readonly why: string }

function planContainer (pod: Pod, container: Container, index: number, language: PropagateLanguage): ContainerPlan {
  const path = `/spec/containers/${index}`
  const environment = withOurs(container, LANGUAGE_VARIABLES[language])
  if ('why' in environment) return environment
  const why = mountClash(pod, container) ?? findClash(container, language)
  if (why !== undefined) return { why }
  const mount: VolumeMount = { name: PROPAGATE_VOLUME, mountPath: PROPAGATE_DIR, readOnly: true }
  return {
    isAlone: environment.isAlone,
    operations: [
      // The whole list, with their entries as they came: order decides what a "$(NAME)" means.
      { op: 'add', path: `${path}/env`, value: environment.env },
      ...addItems(`${path}/volumeMounts`, container.volumeMounts, [mount], () => '-')
    ]
  }
}

function warn (what: string): string {
  return `waylay: ${ANNOTATIONS.propagate} ${what}`
}

function warnOfImage (container: string, language: PropagateLanguage): string {
  const { name } = LANGUAGE_VARIABLES[language]
  return warn(`hides a ${name} that the image of ${container} sets; if it sets one, name it: env: [{name: ${name}, value: …}]`)
}

/** Two mounts of one path are refused; below a folder that cannot be written, ours could not be made. */
function mountClash ({ spec }: Pod, { volumeMounts }: Container): string | undefined {
  const isIn = (path: string, folder: string): boolean => `${path}/`.startsWith(folder === '/' ? '/' : `${folder}/`)
  const clash = (volumeMounts ?? []).find(({ name, mountPath, readOnly }) => {
    const path = mountPath.replace(/\/+$/, '') || '/'
    if (isIn(path, PROPAGATE_DIR)) return true
    const isScratch = spec.volumes?.find(volume => volume.name === name)?.emptyDir !== undefined
    return isIn(PROPAGATE_DIR, path.replace(/^\/var\/run$/, '/run')) && (readOnly === true || !isScratch)
  })
  return clash === undefined ? undefined : `it mounts ${clash.name} at ${clash.mountPath}`
}

/** Takes it out of the app's containers again. */
export function returnVariables ({ spec: { containers } }: Pod): readonly Operation[] {
  return containers.flatMap(({ env, volumeMounts }, index) => {
    const path = `/spec/containers/${index}`
    const mounts = (volumeMounts ?? []).filter(({ name }) => name !== PROPAGATE_VOLUME)
    if (mounts.length === (volumeMounts ?? []).length) return []
    return [written(`${path}/env`, withoutOurs(env ?? [])), written(`${path}/volumeMounts`, mounts)]
  })
}

function written (path: string, items: readonly object[]): AddOperation | RemoveOperation {
  return items.length === 0 ? { op: 'remove', path } : { op: 'add', path, value: items }
}
