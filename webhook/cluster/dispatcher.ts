import type { RequestContext } from '@kubernetes/client-node'

type Dispatcher = NonNullable<ReturnType<RequestContext['getDispatcher']>>

// Certificates that the kubeconfig names by file may change under us.
const MAX_AGE_MS = 5 * 60_000

/**
 * Returns a function that gives requests one pool of connections. The library makes a pool for each request, and with
 * it a TLS handshake: too slow for questions that an admission or a refused owner waits for.
 */
export function shareDispatcher (nowMs: () => number): (request: RequestContext) => void {
  let shared: { readonly dispatcher: Dispatcher, readonly atMs: number } | undefined
  return request => {
    const dispatcher = request.getDispatcher()
    if (dispatcher === undefined) return
    if (shared === undefined || nowMs() - shared.atMs > MAX_AGE_MS) shared = { dispatcher, atMs: nowMs() }
    request.setDispatcher(shared.dispatcher)
  }
}
