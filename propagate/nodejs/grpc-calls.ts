import {
  context, propagation, type Context, type ContextManager, type TextMapGetter, type TextMapPropagator,
  type TextMapSetter
} from '@opentelemetry/api'
import { GrpcInstrumentation } from '@opentelemetry/instrumentation-grpc'
import { carriedIn, carryOver } from './carrying.ts'
import { importByRequire } from './esm-imports.ts'

type Metadata = { readonly get: (name: string) => readonly unknown[] }

/**
 * Carries on the calls of @grpc/grpc-js, in both directions, once the app loads it. OpenTelemetry's instrumentation
 * works with what is registered globally: in the bundle that is global to us alone (build/own-otel-global.ts).
 */
export function carryOnGrpc (propagator: TextMapPropagator, contexts: ContextManager): void {
  context.setGlobalContextManager(contexts)
  propagation.setGlobalPropagator({
    // A call is a stream of HTTP/2, whose headers were read when it came.
    extract: (from: Context, carrier: unknown, getter: TextMapGetter) =>
      carryOver(contexts.active(), from) ?? propagator.extract(from, carrier, getter),
    fields: propagator.fields.bind(propagator),
    inject: (from: Context, carrier: Metadata, setter: TextMapSetter<Metadata>) => {
      propagator.inject(carriedIn(from), carrier, {
        set: (metadata: Metadata, name, value) => {
          // What the app has set itself stays.
          if (metadata.get(name).length === 0) setter.set(metadata, name, value)
        }
      })
    }
  } as TextMapPropagator)
  new GrpcInstrumentation().enable()
  importByRequire('@grpc/grpc-js')
}
