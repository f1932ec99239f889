import type { ReplaceOperation } from '../operation.ts'
import { placedContainers, type EnvironmentVariable, type Pod } from './pod.ts'

/** Where Istio's sidecar is told what the app's probes were, before it takes them over. */
const ISTIO_PROBERS = 'ISTIO_KUBE_APP_PROBERS'

/**
 * Sets back the ports of probes that Istio has taken over from us: its sidecar would go on asking at a detour that
 * nobody makes any more, and the pod would never be ready.
 *
 * @param appPorts the app's port of each detour.
 */
export function meshProberOperations (pod: Pod, appPorts: ReadonlyMap<number, number>): readonly ReplaceOperation[] {
  return placedContainers(pod).flatMap(({ path, container }) =>
    (container.env ?? []).flatMap(({ name, value }: EnvironmentVariable, index): readonly ReplaceOperation[] => {
      if (name !== ISTIO_PROBERS || value === undefined) return []
      const returned = withAppPorts(value, appPorts)
      return returned === value ? [] : [{ op: 'replace', path: `${path}/env/${index}/value`, value: returned }]
    }))
}

// { "/app-health/app/readyz": { "httpGet": { "port": 15500, … } }, … }
function withAppPorts (text: string, appPorts: ReadonlyMap<number, number>): string {
  try {
    return JSON.stringify(JSON.parse(text), (key, value: unknown) =>
      key === 'port' && typeof value === 'number' ? appPorts.get(value) ?? value : value)
  } catch {
    return text
  }
}
