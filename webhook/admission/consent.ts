import { ANNOTATIONS } from '../../common/contract.ts'
import { WaylayError } from '../../common/errors.ts'
import { describeMatch } from '../../intercepts/describe-match.ts'
import { isPersonal } from '../../intercepts/match.ts'
import type { AdmissionRequest } from '../review.ts'
import type { InterceptDeps, NamespaceFacts } from './deps.ts'
import type { InterceptWish } from './wish.ts'

/**
 * Checks that the namespace allows the intercept, and for one that is not personal also that the user may.
 *
 * @throws {WaylayError} `WAYLAY_FORBIDDEN` or `WAYLAY_GLOBAL_FORBIDDEN` naming namespace and reason.
 */
export async function checkConsent (
  { namespace, userInfo }: AdmissionRequest, wish: InterceptWish, facts: NamespaceFacts, deps: InterceptDeps
): Promise<void> {
  const consent = checkNamespaceConsent(namespace, facts)
  if (isPersonal(wish.match)) return
  const what = `The match (${describeMatch(wish.match)}) counts as global`
  if (consent !== 'all') {
    throw new WaylayError('WAYLAY_GLOBAL_FORBIDDEN', `${what}, and the namespace ${namespace} does not allow that`, {
      hint: `Ask for an exact header value of 8 or more characters too, or have it allowed: kubectl annotate namespace ${namespace} ${ANNOTATIONS.intercepts}=all`
    })
  }
  if (!await deps.mayDo(userInfo, 'global', namespace, wish.name)) {
    throw new WaylayError('WAYLAY_GLOBAL_FORBIDDEN',
      `${what}, and ${userInfo.username} lacks the verb "global" on intercepts in ${namespace}`)
  }
}

/**
 * What the namespace allows.
 *
 * @throws {WaylayError} `WAYLAY_FORBIDDEN` where it allows no intercept at all, or what it says is unknown.
 */
export function checkNamespaceConsent (namespace: string, { annotations }: NamespaceFacts): 'personal' | 'all' {
  const consent = annotations[ANNOTATIONS.intercepts] ?? 'personal'
  const says = `The namespace ${namespace} says ${ANNOTATIONS.intercepts}: ${consent}`
  if (consent === 'none') throw new WaylayError('WAYLAY_FORBIDDEN', `${says}, so nobody can intercept in it`)
  if (consent !== 'personal' && consent !== 'all') {
    throw new WaylayError('WAYLAY_FORBIDDEN', `${says}, which is none of none, personal, all`)
  }
  return consent
}
