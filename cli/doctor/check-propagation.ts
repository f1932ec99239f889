import { ANNOTATIONS } from '../../common/contract.ts'
import { injectionOf } from '../cluster/pods.ts'
import { ok, warn, type CheckResult, type Patient } from './check.ts'

/**
 * What became of `waylay.dev/propagate`: the webhook's warnings of it reach whoever creates a pod, which for a workload
 * is a controller that tells nobody. Pods of one template say the same, and it is told once.
 */
export function checkPropagation ({ pods, namespace }: Patient): readonly CheckResult[] {
  const results = pods.flatMap(pod => {
    const { propagate, propagateAlone = [], propagateLeftOut = [] } = injectionOf(pod) ?? {}
    const hidden = propagateAlone.length === 0 ? '' : `; hidden is what images set in its variable: ${propagateAlone.join(', ')}`
    return [
      ...propagate === undefined ? [] : [ok('propagate', `Headers are carried on by ${ANNOTATIONS.propagate}: ${propagate}${hidden}`)],
      ...propagateLeftOut.map(({ container, why }) =>
        warn('propagate', `${ANNOTATIONS.propagate} is left out of container ${container}: ${why}`,
          `kubectl -n ${namespace} get pod ${pod.metadata.name} -o yaml`))
    ]
  })
  return results.filter(({ text }, index) => results.findIndex(other => other.text === text) === index)
}
