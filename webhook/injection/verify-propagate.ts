import { isDeepStrictEqual } from 'node:util'
import { PROPAGATE_VOLUME } from './containers.ts'
import { withoutOurs } from './language-variables.ts'
import type { Container, VolumeMount } from './pod.ts'

/** A container of the app with what `waylay.dev/propagate` added to it levelled out. */
export function withoutPropagation (container: unknown): object {
  const { env, volumeMounts, ...rest } = container as Container
  return { ...rest, env: withoutOurs(env ?? []), volumeMounts: (volumeMounts ?? []).filter(mount => !isOurs(mount)) }
}

/** Whether a withdrawal left something of it in a container. */
export function keepsPropagation (before: unknown, after: unknown): boolean {
  const [was, is] = [before as Container | undefined, after as Container]
  if ((is.volumeMounts ?? []).some(isOurs)) return true
  const had = (was?.volumeMounts ?? []).some(isOurs)
  return had && !isDeepStrictEqual(is.env ?? [], withoutOurs(was?.env ?? []))
}

function isOurs ({ name }: VolumeMount): boolean {
  return name === PROPAGATE_VOLUME
}
