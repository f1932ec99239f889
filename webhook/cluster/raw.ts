import {
  ApiException, HttpMethod, type Configuration, type KubeConfig, type RequestContext
} from '@kubernetes/client-node'

export type Query = Readonly<Record<string, string | number | undefined>>

/** Plain reads of the API: JSON as the server writes it, without the library's classes, which nobody here keeps. */
export type RawApi = {
  /** @throws {ApiException} for a status other than 200. */
  readonly get: (path: string, query?: Query, signal?: AbortSignal) => Promise<unknown>
  /** The body of a watch, piece by piece, until it ends or the signal fires. */
  readonly stream: (path: string, query: Query, signal: AbortSignal) => Promise<AsyncIterable<Uint8Array>>
}

export type RawDeps = {
  readonly kubeConfig: KubeConfig
  readonly configuration: Configuration
  readonly shareDispatcher: (request: RequestContext) => void
  /** For a read; a stream ends when its reader ends it. */
  readonly timeoutMs: number
}

export function rawApi ({ kubeConfig, configuration, shareDispatcher, timeoutMs }: RawDeps): RawApi {
  const ask = async (path: string, query: Query, signal: AbortSignal) => {
    const request = configuration.baseServer.makeRequestContext(path, HttpMethod.GET)
    for (const [key, value] of Object.entries(query)) {
      if (value !== undefined) request.setQueryParam(key, String(value))
    }
    request.setHeaderParam('Accept', 'application/json')
    await kubeConfig.applySecurityAuthentication(request)
    shareDispatcher(request)
    request.setSignal(signal)
    const answer = await configuration.httpApi.send(request).toPromise()
    if (answer.httpStatusCode === 200) return answer
    const text = await answer.body.text()
    throw new ApiException(answer.httpStatusCode, text.slice(0, 300), text, answer.headers)
  }
  return {
    get: async (path, query = {}, signal) => {
      const timeout = AbortSignal.timeout(timeoutMs)
      const answer = await ask(path, query, signal === undefined ? timeout : AbortSignal.any([timeout, signal]))
      return JSON.parse(await answer.body.text()) as unknown
    },
    stream: async (path, query, signal) => {
      const { body } = await ask(path, query, signal)
      const stream = body.stream()
      if (stream === null) throw new TypeError(`The answer to a watch of ${path} has no body`)
      return stream as AsyncIterable<Uint8Array>
    }
  }
}
