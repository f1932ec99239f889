import { EMPTY_VOLUME, PROPAGATE_VOLUME, SHARED_VOLUME } from './containers.ts'

/**
 * Names volumes that do not keep the cluster autoscaler from removing a node: a pod with an emptyDir does, unless it is
 * named here.
 */
export const SAFE_TO_EVICT = 'cluster-autoscaler.kubernetes.io/safe-to-evict-local-volumes'

const OURS: readonly string[] = [SHARED_VOLUME, EMPTY_VOLUME, PROPAGATE_VOLUME]

/** The app's value with those of our volumes behind it that the pod has. */
export function withOurVolumes (value: string | undefined, names: readonly string[]): string {
  return [...appVolumes(value), ...OURS.filter(name => names.includes(name))].join(',')
}

/** The app's value as it was, or undefined where there was none. */
export function withoutOurVolumes (value: string | undefined): string | undefined {
  const names = appVolumes(value)
  return names.length === 0 ? undefined : names.join(',')
}

function appVolumes (value = ''): readonly string[] {
  return value.split(',').filter(name => name.trim() !== '' && !OURS.includes(name.trim()))
}
