import type { EventEmitter } from 'node:events'
import { createContextKey, ROOT_CONTEXT, type Context, type ContextManager } from '@opentelemetry/api'

/** What one request brought: nothing any more when it is long over. */
type Carrying = { brought: Context }

/** Calls back once, some time after the message is over. */
export type AfterMessage = (message: EventEmitter, callback: () => void) => void

const CARRYING = createContextKey('waylay carrying')

/** What an answer leaves to be done goes on for a while; what still goes on then is nobody's. */
const LINGER_MS = 10_000

/**
 * A context in which `brought` is carried until the message is over. Without the end a timer or a connection that a
 * marked request happened to be the first to need would carry its headers as long as the program runs.
 */
export function carryDuring (message: EventEmitter, brought: Context, after: AfterMessage): Context {
  const carrying: Carrying = { brought }
  after(message, () => { carrying.brought = ROOT_CONTEXT })
  return ROOT_CONTEXT.setValue(CARRYING, carrying)
}

/** What the requests that are sent in this context take along. */
export function carriedIn (context: Context): Context {
  return (context.getValue(CARRYING) as Carrying | undefined)?.brought ?? context
}

/** `context` with what `active` carries; undefined where that carries nothing by `carryDuring`. */
export function carryOver (active: Context, context: Context): Context | undefined {
  const carrying = active.getValue(CARRYING)
  return carrying === undefined ? undefined : context.setValue(CARRYING, carrying)
}

export function lingering (contexts: ContextManager): AfterMessage {
  return (message, callback) => {
    message.once('close', () => {
      contexts.with(ROOT_CONTEXT, () => { setTimeout(callback, LINGER_MS).unref() })
    })
  }
}
