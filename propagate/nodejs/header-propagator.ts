import {
  createContextKey, type Context, type TextMapGetter, type TextMapPropagator, type TextMapSetter
} from '@opentelemetry/api'

type Carried = ReadonlyMap<string, string>

const CARRIED = createContextKey('waylay carried headers')

/** As much as everybody must take of baggage (W3C Baggage, 3.3.2): with more the app's own request may be refused. */
const MAX_LENGTH = 8192
/** What a lenient parser lets through and no request may have: writing it would throw, or be refused. */
const NO_VALUE = /[^\t\x20-\x7e\x80-\xff]/

/** Carries headers as they came, several lines of one as one. @param names in lower case. */
export class HeaderPropagator implements TextMapPropagator {
  readonly #names: readonly string[]

  constructor (names: readonly string[]) {
    this.#names = names
  }

  extract (context: Context, carrier: unknown, getter: TextMapGetter): Context {
    const found = this.#names.flatMap(name => {
      const value = getter.get(carrier, name) ?? ''
      const text = Array.isArray(value) ? value.join(',') : value
      // gRPC's metadata has an empty list of what it has not.
      return text === '' || text.length > MAX_LENGTH || NO_VALUE.test(text) ? [] : [[name, text] as const]
    })
    return found.length === 0 ? context : context.setValue(CARRIED, new Map(found))
  }

  inject (context: Context, carrier: unknown, setter: TextMapSetter): void {
    const carried = context.getValue(CARRIED) as Carried | undefined
    for (const [name, value] of carried ?? []) setter.set(carrier, name, value)
  }

  fields (): string[] {
    return [...this.#names]
  }
}
