import { toWaylayError } from '../../common/errors.ts'
import type { Cluster } from '../cluster/kubeconfig.ts'
import { readPreviewGateway } from '../cluster/preview-gateway.ts'
import { failOf, ok, skipped, warn, type CheckResult } from './check.ts'

const SEE_GATEWAY = 'kubectl -n waylay-system describe deployment waylay-preview && kubectl -n waylay-system logs deployment/waylay-preview'

/** Whether shared links open anything; nothing where there is no gateway. Intercepts need none. */
export async function checkGateway (cluster: Cluster): Promise<readonly CheckResult[]> {
  try {
    const gateway = await readPreviewGateway(cluster)
    if (gateway === undefined) return []
    const { domain, replicas, ready } = gateway
    const count = `${ready} of ${replicas} replicas`
    return [ready > 0
      ? ok('preview-gateway', `The preview gateway serves ${domain}: ${count} are ready`)
      : warn('preview-gateway', `Shared links open nothing: ${count} of the preview gateway of ${domain} are ready`, SEE_GATEWAY)]
  } catch (error) {
    const failure = toWaylayError(error)
    if (failure.code !== 'WAYLAY_FORBIDDEN') return [failOf('preview-gateway', failure)]
    return [skipped('preview-gateway', `Whether there is a preview gateway was not looked at: ${failure.message}`)]
  }
}
