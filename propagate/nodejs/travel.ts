import type { EventEmitter } from 'node:events'
import {
  defaultTextMapGetter, defaultTextMapSetter, ROOT_CONTEXT, type Context, type ContextManager, type TextMapPropagator
} from '@opentelemetry/api'
import { carriedIn, carryDuring, lingering } from './carrying.ts'

export type Headers = Readonly<Record<string, string | string[] | undefined>>

/** What a request brings, and what those that are sent because of it take along. */
export type Travel = {
  /** Calls back once, when the first request that brings something has come. */
  readonly beforeFirst: (callback: () => void) => void
  /**
   * Runs what answers a request. `emitters` are what it listens to: their events come out of nowhere otherwise. The
   * last of them is over when the answer is.
   */
  readonly receive: <T> (headers: Headers, emitters: readonly EventEmitter[], answer: () => T) => T
  /** What a request that is being sent takes along, but for what the app has set on it. */
  readonly send: (isSet: (name: string) => boolean) => readonly (readonly [name: string, value: string])[]
}

export function createTravel (
  propagator: TextMapPropagator, contexts: ContextManager, after = lingering(contexts)
): Travel {
  const read = (headers: Headers): Context => {
    try {
      return propagator.extract(ROOT_CONTEXT, headers, defaultTextMapGetter)
    } catch {
      return ROOT_CONTEXT
    }
  }
  const waiting: (() => void)[] = []
  return {
    beforeFirst: callback => { waiting.push(callback) },
    receive: (headers, emitters, answer) => {
      const brought = read(headers)
      const message = emitters.at(-1)
      const isCarrying = brought !== ROOT_CONTEXT && message !== undefined
      if (isCarrying) for (const callback of waiting.splice(0)) callback()
      const context = isCarrying ? carryDuring(message, brought, after) : ROOT_CONTEXT
      return contexts.with(context, () => {
        // Also what brought nothing: the end of its answer may come in the context of the one before on its connection.
        for (const emitter of emitters) contexts.bind(context, emitter)
        return answer()
      })
    },
    send: isSet => {
      const carried: Record<string, string> = {}
      propagator.inject(carriedIn(contexts.active()), carried, defaultTextMapSetter)
      // One without the other would belong to two traces.
      const hasTrace = isSet('traceparent')
      return Object.entries(carried).filter(([name]) => !isSet(name) && !(hasTrace && name === 'tracestate'))
    }
  }
}
