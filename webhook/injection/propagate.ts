import { ANNOTATIONS, PROPAGATE_DIR, type PropagateLanguage } from '../../common/contract.ts'
import type { AddOperation, Operation, RemoveOperation } from '../operation.ts'
import { addItems } from './additions.ts'
import { PROPAGATE_VOLUME } from './containers.ts'
import { LANGUAGE_VARIABLES, withOurs, withoutOurs } from './language-variables.ts'
import type { Container, Pod, VolumeMount } from './pod.ts'

/** What a pod gets so that its app carries headers on. */
export type PropagatePlan = {
  /** Undefined where no container can have it. */
  readonly language?: PropagateLanguage
  readonly operations: readonly AddOperation[]
  readonly warnings: readonly string[]
}

/** An image is 24 MiB at most, and nothing else is written there. */
const SIZE_LIMIT = '64Mi'

export const PROPAGATE_VOLUMES = [{ name: PROPAGATE_VOLUME, emptyDir: { sizeLimit: SIZE_LIMIT } }] as const

/** Plans it for each container of the app that can have it; the others stay as they are, with a warning. */
export function planPropagate (pod: Pod, language: PropagateLanguage | undefined, hasImage: boolean): PropagatePlan {
  if (language === undefined) return { operations: [], warnings: [] }
  if (!hasImage) return { operations: [], warnings: [leftOut('the webhook was not told its image (WAYLAY_PROPAGATE_IMAGE)')] }
  const plans = pod.spec.containers.map((container, index) => planContainer(pod, container, index, language))
  const operations = plans.flatMap(plan => 'operations' in plan ? plan.operations : [])
  return {
    ...(operations.length > 0 && { language }),
    operations,
    warnings: plans.flatMap(plan => 'warning' in plan ? [plan.warning] : [])
  }
}

function planContainer (
  pod: Pod, container: Container, index: number, language: PropagateLanguage
): { readonly operations: readonly AddOperation[] } | { readonly warning: string } {
  const path = `/spec/containers/${index}`
  const environment = withOurs(container, LANGUAGE_VARIABLES[language])
  const why = 'why' in environment ? environment.why : mountClash(pod, container) ?? agentClash(container, language)
  if ('why' in environment || why !== undefined) return { warning: leftOut(`${container.name}: ${why ?? ''}`) }
  const mount: VolumeMount = { name: PROPAGATE_VOLUME, mountPath: PROPAGATE_DIR, readOnly: true }
  return {
    operations: [
      // The whole list, with their entries as they came: order decides what a "$(NAME)" means.
      { op: 'add', path: `${path}/env`, value: environment.env },
      ...addItems(`${path}/volumeMounts`, container.volumeMounts, [mount], () => '-')
    ]
  }
}

function leftOut (why: string): string {
  return `waylay: ${ANNOTATIONS.propagate} left out: ${why}`
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

// Two agents of OpenTelemetry in one JVM change the same classes.
function agentClash ({ command, args, env }: Container, language: PropagateLanguage): string | undefined {
  if (language !== 'java') return undefined
  const texts = [...command ?? [], ...args ?? [], ...(env ?? []).map(({ value }) => value ?? '')]
  const isThere = texts.some(text => /-javaagent:\S*opentelemetry/i.test(text))
  return isThere ? 'it has an OpenTelemetry agent of its own' : undefined
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
