import { toWaylayError, WaylayError } from '../common/errors.ts'
import type { Logger } from '../common/log.ts'
import { refuse } from './admission/decide.ts'
import { decideEnvironment, type EnvironmentDeps } from './admission/environments.ts'
import type { InterceptDecision } from './metrics/metrics.ts'
import { readReview, writeReview, type AdmissionAnswer, type AdmissionRequest } from './review.ts'

export type EnvironmentHandlerDeps = EnvironmentDeps & {
  readonly count: (decision: InterceptDecision) => void
  readonly monotonicMs: () => number
  readonly log: Logger
}

/** Returns a handler that rejects only for what is no AdmissionReview. */
export function createEnvironmentHandler (deps: EnvironmentHandlerDeps) {
  return async (body: unknown): Promise<object> => {
    const startedMs = deps.monotonicMs()
    const request = readReview(body)
    const answer = await decideSafely(request, deps)
    const { namespace, operation, name: environment, userInfo: { username: user } } = request
    const facts = { namespace, operation, user, environment }
    // The text of a refusal may hold header values; the code in front of it does not.
    const code = answer.kind === 'allow' ? undefined : answer.message.split(':')[0] ?? ''
    deps.count({ operation, tookMs: deps.monotonicMs() - startedMs, ...(code !== undefined && { code }) })
    if (code === undefined) deps.log.info({ event: 'environment.allowed', ...facts }, 'environment allowed')
    else deps.log.info({ event: 'environment.refused', ...facts, code }, 'environment refused')
    return writeReview(request.uid, answer)
  }
}

async function decideSafely (
  request: AdmissionRequest, deps: EnvironmentHandlerDeps
): Promise<AdmissionAnswer> {
  try {
    return await decideEnvironment(request, deps)
  } catch (error) {
    deps.log.error({ event: 'environment.failed', err: toWaylayError(error) }, 'environment not decided')
    return refuse(new WaylayError('WAYLAY_INTERNAL', 'The webhook could not check the environment', {
      cause: error, hint: 'Try again; "kubectl -n waylay-system logs deployment/waylay-webhook" says what is wrong'
    }))
  }
}
