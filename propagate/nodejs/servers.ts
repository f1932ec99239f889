import type { EventEmitter } from 'node:events'
import type { Headers, Travel } from './travel.ts'

type Emit = (event: string | symbol, ...args: unknown[]) => boolean
type Prototype = { emit: Emit }
type Message = EventEmitter & { readonly headers?: Headers }

/** Events whose first argument is a request. */
const OF_REQUESTS = new Set<string | symbol>(['request', 'checkContinue', 'checkExpectation', 'upgrade', 'connect'])

/** Makes servers of this class answer each request with what it brought. */
export function receiveOn (prototype: Prototype, travel: Travel): void {
  const emit = prototype.emit
  prototype.emit = function (this: unknown, event, ...args) {
    const run = (): boolean => Reflect.apply(emit, this, [event, ...args])
    const headers = OF_REQUESTS.has(event)
      ? (args[0] as Message | undefined)?.headers
      // HTTP/2: a stream, then its headers.
      : event === 'stream' ? args[1] as Headers | undefined : undefined
    if (headers === undefined) return run()
    return travel.receive(headers, args.filter(isEmitter), run)
  }
}

function isEmitter (item: unknown): item is EventEmitter {
  return typeof (item as EventEmitter | null)?.addListener === 'function'
}
