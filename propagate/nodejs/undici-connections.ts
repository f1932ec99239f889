import { subscribe } from 'node:diagnostics_channel'
import type { ClientHttp2Session } from 'node:http2'
import { ROOT_CONTEXT } from '@opentelemetry/api'
import type { Contexts } from './contexts.ts'

const OF_UNDICI = Symbol('waylay: a socket of undici')

type Socket = Partial<Record<symbol, unknown>>

/**
 * Takes connections of undici, which `fetch` is made of, out of the context of the request that happened to open them.
 * Their events send what waited in a pool for a free one (before undici 8), what is sent again after a failure, and
 * what follows a redirect: other people's requests, which would carry what they never brought. So they carry nothing.
 */
export function connectUndiciForNobody (contexts: Contexts): void {
  // Both are told when the connection is there, or not: what is left of that task is undici's own.
  subscribe('undici:client:connected', message => {
    contexts.leave()
    const { socket } = message as { readonly socket: Socket }
    socket[OF_UNDICI] = true
    contexts.bind(ROOT_CONTEXT, socket)
    // Its client tells its pool when it is free again, also when it is an app that made it so.
    for (const name of Object.getOwnPropertySymbols(socket)) {
      if (name.description === 'client') contexts.bind(ROOT_CONTEXT, socket[name])
    }
  })
  subscribe('undici:client:connectError', () => { contexts.leave() })
}

/** Whether it is a connection that many requests of undici share, each sent when there is room for it. */
export function isOfUndici (session: ClientHttp2Session): boolean {
  try {
    return (session.socket as unknown as Socket | undefined)?.[OF_UNDICI] === true
  } catch {
    // It has none any more.
    return false
  }
}
