import {
  createContextKey, type Context, type TextMapGetter, type TextMapPropagator, type TextMapSetter
} from '@opentelemetry/api'

type Carried = ReadonlyMap<string, string>

const CARRIED = createContextKey('waylay carried headers')

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
      return text === '' ? [] : [[name, text] as const]
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
