import { toWaylayError, WaylayError } from '../common/errors.ts'
import type { Logger } from '../common/log.ts'
import { decideIntercept, refuse } from './admission/decide.ts'
import type { InterceptDeps } from './admission/deps.ts'
import { readReview, writeReview, type AdmissionAnswer, type AdmissionRequest } from './review.ts'

/** Returns a handler that rejects only for what is no AdmissionReview. */
export function createInterceptHandler (deps: InterceptDeps & { readonly log: Logger }) {
  return async (body: unknown): Promise<object> => {
    const request = readReview(body)
    const answer = await decideSafely(request, deps)
    const { namespace, operation, userInfo: { username: user } } = request
    const facts = { namespace, operation, user, intercept: request.name }
    // The text of a refusal may hold header values; the code in front of it does not.
    if (answer.kind === 'allow') deps.log.info({ event: 'intercept.allowed', ...facts }, 'intercept allowed')
    else deps.log.info({ event: 'intercept.refused', ...facts, code: codeOf(answer.message) }, 'intercept refused')
    return writeReview(request.uid, answer)
  }
}

async function decideSafely (
  request: AdmissionRequest, deps: InterceptDeps & { readonly log: Logger }
): Promise<AdmissionAnswer> {
  try {
    return await decideIntercept(request, deps)
  } catch (error) {
    deps.log.error({ event: 'intercept.failed', err: toWaylayError(error) }, 'intercept not decided')
    // A namespace must always be deletable, whatever is wrong with us.
    if (request.operation === 'DELETE') return { kind: 'allow', warnings: ['waylay: the webhook failed to check this deletion'] }
    return refuse(new WaylayError('WAYLAY_INTERNAL', 'The webhook could not check the intercept', {
      cause: error, hint: 'Try again; "kubectl -n waylay-system logs deployment/waylay-webhook" says what is wrong'
    }))
  }
}

function codeOf (message: string): string {
  return message.split(':')[0] ?? ''
}
