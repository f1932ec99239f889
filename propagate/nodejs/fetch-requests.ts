import { subscribe } from 'node:diagnostics_channel'
import type { Travel } from './travel.ts'

/** A request of undici, which `fetch` is made of: names and values in turn, or lines of text in its version 5. */
type UndiciRequest = {
  readonly headers: string | readonly unknown[]
  readonly addHeader: (name: string, value: string) => unknown
}

// Where the app keeps its OpenTelemetry; ours is kept elsewhere (build/own-otel-global.ts).
const THEIRS = Symbol.for('opentelemetry.js.api.1')
const OF_OPENTELEMETRY = new Set(['traceparent', 'tracestate', 'baggage'])

/** Whether the app's own OpenTelemetry adds it after us, without a look: two lines would break the trace. */
function isTheirs (name: string): boolean {
  const api = (globalThis as Readonly<Record<symbol, { readonly propagation?: unknown } | undefined>>)[THEIRS]
  return api?.propagation !== undefined && OF_OPENTELEMETRY.has(name)
}

/** Covers Node's own `fetch` and the package undici: both tell of each request before it is written. */
export function sendWithFetch (travel: Travel): void {
  const onCreate = (message: unknown): void => {
    // What is thrown in here would end the app.
    try {
      const { request } = message as { readonly request: UndiciRequest }
      const names = namesOf(request.headers)
      const carried = travel.send(name => names.has(name))
      for (const [name, value] of carried.filter(([name]) => !isTheirs(name))) request.addHeader(name, value)
    } catch {
      // Then it goes as the app made it.
    }
  }
  // Behind every other agent that the app loads when it starts: what they add is seen, and nothing is added twice.
  travel.beforeFirst(() => { subscribe('undici:request:create', onCreate) })
}

function namesOf (headers: UndiciRequest['headers']): ReadonlySet<string> {
  const names = typeof headers === 'string'
    ? headers.split('\r\n').map(line => line.split(':', 1)[0])
    : headers.filter((_, index) => index % 2 === 0).map(String)
  return new Set(names.map(name => (name ?? '').toLowerCase()))
}
