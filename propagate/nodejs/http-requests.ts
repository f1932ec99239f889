import type { ClientRequest } from 'node:http'
import type { Contexts } from './contexts.ts'
import type { Travel } from './travel.ts'

type Make = (...args: unknown[]) => ClientRequest

/** `node:http` or `node:https`. */
export type HttpModule = { request: Make, get: Make }

/**
 * Adds what travels to each request when it is made. The arguments stay as they are, so nothing depends on their many
 * forms; headers given as an array are written out at once, and such a request goes as the app made it.
 */
export function sendWithHttp (module: HttpModule, travel: Travel, contexts: Contexts): void {
  const make = module.request
  const request: Make = function (this: unknown, ...args) {
    // Its events, also those that come of its connection's.
    const made = contexts.bind(contexts.active(), Reflect.apply(make, this, args))
    if (made.headersSent) return made
    for (const [name, value] of travel.send(name => made.hasHeader(name))) made.setHeader(name, value)
    return made
  }
  module.request = request
  module.get = (...args) => {
    const made = request(...args)
    made.end()
    return made
  }
}
