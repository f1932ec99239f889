import { toWaylayError, WaylayError } from '../common/errors.ts'
import type { Logger } from '../common/log.ts'
import { decideIntercept, refuse } from './admission/decide.ts'
import type { InterceptDeps } from './admission/deps.ts'
import type { InterceptDecision } from './metrics/metrics.ts'
import { readReview, writeReview, type AdmissionAnswer, type AdmissionRequest } from './review.ts'

export type InterceptHandlerDeps = InterceptDeps & {
  readonly count: (decision: InterceptDecision) => void
  readonly monotonicMs: () => number
  readonly log: Logger
}

/** Returns a handler that rejects only for what is no AdmissionReview. */
export function createInterceptHandler (deps: InterceptHandlerDeps) {
  return async (body: unknown): Promise<object> => {
    const startedMs = deps.monotonicMs()
    const request = readReview(body)
    const answer = await decideSafely(request, deps)
    const { namespace, operation, userInfo: { username: user } } = request
    const facts = { namespace, operation, user, intercept: request.name }
    // The text of a refusal may hold header values; the code in front of it does not.
    const code = answer.kind === 'allow' ? undefined : codeOf(answer.message)
    const tookMs = deps.monotonicMs() - startedMs
    deps.count({ operation, tookMs, ...(code !== undefined && { code }) })
    if (code === undefined) deps.log.info({ event: 'intercept.allowed', ...facts }, 'intercept allowed')
    else deps.log.info({ event: 'intercept.refused', ...facts, code }, 'intercept refused')
    return writeReview(request.uid, answer)
  }
}

async function decideSafely (
  request: AdmissionRequest, deps: InterceptHandlerDeps
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
