import net from 'node:net'
import { ROOT_CONTEXT } from '@opentelemetry/api'
import type { Contexts } from './contexts.ts'

type Connect = (this: net.Socket, ...args: unknown[]) => net.Socket
type SocketPrototype = { connect: Connect }

/**
 * Takes every connection that is opened while a request is answered out of its context. A pool gives it to other
 * requests later, and a driver that calls back from its events would have them carry what opened it has brought.
 */
export function connectForNobody (contexts: Contexts): void {
  const prototype = net.Socket.prototype as unknown as SocketPrototype
  const { connect } = prototype
  prototype.connect = function (...args) {
    const run = (): net.Socket => Reflect.apply(connect, this, args)
    if (contexts.active() === ROOT_CONTEXT) return run()
    contexts.bind(ROOT_CONTEXT, this)
    return contexts.with(ROOT_CONTEXT, run)
  }
}
