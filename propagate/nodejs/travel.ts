import type { EventEmitter } from 'node:events'
import {
  defaultTextMapGetter, defaultTextMapSetter, ROOT_CONTEXT, type Context, type ContextManager, type TextMapPropagator
} from '@opentelemetry/api'
import { carriedIn, carryDuring, lingering } from './carrying.ts'

export type Headers = Readonly<Record<string, string | string[] | undefined>>

/** What a request brings, and what those that are sent because of it take along. */
export type Travel = {
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
  return {
    receive: (headers, emitters, answer) => {
      const brought = read(headers)
      const message = emitters.at(-1)
      if (brought === ROOT_CONTEXT || message === undefined) return contexts.with(ROOT_CONTEXT, answer)
      const context = carryDuring(message, brought, after)
      return contexts.with(context, () => {
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
