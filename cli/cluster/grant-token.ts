import { WaylayError } from '../../common/errors.ts'
import { callApi } from './api.ts'
import type { Token } from './config-objects.ts'
import { accountsPath, type Grant } from './grants.ts'
import type { Cluster } from './kubeconfig.ts'

/**
 * A token of the grant's account, for the API server itself. The answer's end counts: a server may give it a shorter or
 * a longer life than was asked for.
 *
 * @throws {WaylayError} `WAYLAY_FORBIDDEN` without the verb `create` on `serviceaccounts/token`.
 * @see https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/token-request-v1
 */
export async function requestGrantToken (
  cluster: Cluster, { namespace, account }: Grant, expirationSeconds: number
): Promise<Token> {
  const { body } = await callApi(cluster, {
    verb: 'create',
    resource: 'serviceaccounts/token',
    namespace,
    name: account,
    path: `${accountsPath(namespace)}/${account}/token`,
    body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds } }
  })
  const answer = (body as { status?: { token?: string, expirationTimestamp?: string } }).status
  const expiresAtMs = Date.parse(answer?.expirationTimestamp ?? '')
  if (answer?.token === undefined || Number.isNaN(expiresAtMs)) {
    throw new WaylayError('WAYLAY_INTERNAL', `The API server gave no token for service account "${account}"`)
  }
  return { token: answer.token, expiresAtMs }
}
