import { AsyncLocalStorage } from 'node:async_hooks'
import { EventEmitter } from 'node:events'
import { ROOT_CONTEXT, type Context, type ContextManager } from '@opentelemetry/api'

type Emit = (...args: unknown[]) => boolean
type Emitter = { emit: Emit }
type Callback = (this: unknown, ...args: unknown[]) => unknown

/**
 * Knows for which request a piece of the program runs. OpenTelemetry's own keeper of contexts is not used: it wraps
 * each listener, so that an app which looks at them finds others than its own.
 */
export class Contexts implements ContextManager {
  readonly #storage = new AsyncLocalStorage<Context>()
  readonly #bound = new WeakSet<Emitter>()

  active (): Context {
    return this.#storage.getStore() ?? ROOT_CONTEXT
  }

  with<Args extends unknown[], F extends (...args: Args) => ReturnType<F>> (
    context: Context, run: F, self?: ThisParameterType<F>, ...args: Args
  ): ReturnType<F> {
    return this.#storage.run(context, () => Reflect.apply<unknown, Args, ReturnType<F>>(run, self, args))
  }

  /** A function, or an emitter with its events, that runs in `context` whoever calls it. The first one counts. */
  bind<T> (context: Context, item: T): T {
    if (item instanceof EventEmitter) this.#bindEvents(context, item as Emitter)
    return typeof item === 'function' ? this.#boundFunction(context, item as unknown as Callback) as unknown as T : item
  }

  /** What is left of the present task runs for nobody, and so does what it begins. */
  leave (): void {
    this.#storage.enterWith(ROOT_CONTEXT)
  }

  enable (): this {
    return this
  }

  disable (): this {
    this.#storage.disable()
    return this
  }

  #bindEvents (context: Context, emitter: Emitter): void {
    // Connections are opened again on the same socket, and tell of it each time: one more call around it for each would
    // have the app's stack overflow one day.
    if (this.#bound.has(emitter)) return
    this.#bound.add(emitter)
    const value = this.#boundFunction(context, emitter.emit)
    Object.defineProperty(emitter, 'emit', { value, writable: true, configurable: true })
  }

  #boundFunction (context: Context, run: Callback): Callback {
    const storage = this.#storage
    // `this` is the caller's in there.
    return function (this: unknown, ...args) {
      if ((storage.getStore() ?? ROOT_CONTEXT) === context) return Reflect.apply(run, this, args)
      return storage.run(context, () => Reflect.apply(run, this, args))
    }
  }
}
