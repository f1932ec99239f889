import { API_GROUP, ENVIRONMENTS_PLURAL, INTERCEPTS_PLURAL } from '../../common/contract.ts'
import type { UserInfo } from '../review.ts'
import type { Cluster } from './client.ts'

/** Asks the API server whether a user has a verb on one Intercept. */
export async function mayDo (
  cluster: Cluster, user: UserInfo, verb: string, namespace: string, name: string
): Promise<boolean> {
  return await ask(cluster, user, { resource: INTERCEPTS_PLURAL, verb, namespace, name })
}

/** Asks the API server whether a user may update one Environment. */
export async function mayChangeEnvironment (
  cluster: Cluster, user: UserInfo, namespace: string, name: string
): Promise<boolean> {
  return await ask(cluster, user, { resource: ENVIRONMENTS_PLURAL, verb: 'update', namespace, name })
}

async function ask ({ authorization }: Cluster, user: UserInfo, attributes: {
  readonly resource: string
  readonly verb: string
  readonly namespace: string
  readonly name: string
}): Promise<boolean> {
  const review = await authorization.createSubjectAccessReview({
    body: {
      spec: {
        user: user.username,
        groups: [...user.groups ?? []],
        ...(user.uid !== undefined && { uid: user.uid }),
        extra: Object.fromEntries(Object.entries(user.extra ?? {}).map(([key, values]) => [key, [...values]])),
        resourceAttributes: { group: API_GROUP, ...attributes }
      }
    }
  })
  return review.status?.allowed === true
}
