import { API_GROUP, INTERCEPTS_PLURAL } from '../../common/contract.ts'
import type { UserInfo } from '../review.ts'
import type { Cluster } from './client.ts'

/** Asks the API server whether a user has a verb on one Intercept. */
export async function mayDo (
  { authorization }: Cluster, user: UserInfo, verb: string, namespace: string, name: string
): Promise<boolean> {
  const review = await authorization.createSubjectAccessReview({
    body: {
      spec: {
        user: user.username,
        groups: [...user.groups ?? []],
        ...(user.uid !== undefined && { uid: user.uid }),
        extra: Object.fromEntries(Object.entries(user.extra ?? {}).map(([key, values]) => [key, [...values]])),
        resourceAttributes: { group: API_GROUP, resource: INTERCEPTS_PLURAL, verb, namespace, name }
      }
    }
  })
  return review.status?.allowed === true
}
