import {
  context, propagation, type Context, type ContextManager, type TextMapPropagator, type TextMapSetter
} from '@opentelemetry/api'
import { GrpcInstrumentation } from '@opentelemetry/instrumentation-grpc'

type Metadata = { readonly get: (name: string) => readonly unknown[] }

/**
 * Carries on the calls of @grpc/grpc-js, in both directions, once the app loads it. OpenTelemetry's instrumentation
 * works with what is registered globally: in the bundle that is global to us alone (build/own-otel-global.ts).
 */
export function carryOnGrpc (propagator: TextMapPropagator, contexts: ContextManager): void {
  context.setGlobalContextManager(contexts)
  propagation.setGlobalPropagator({
    extract: propagator.extract.bind(propagator),
    fields: propagator.fields.bind(propagator),
    inject: (from: Context, carrier: Metadata, setter: TextMapSetter<Metadata>) => {
      propagator.inject(from, carrier, {
        set: (metadata: Metadata, name, value) => {
          // What the app has set itself stays.
          if (metadata.get(name).length === 0) setter.set(metadata, name, value)
        }
      })
    }
  } as TextMapPropagator)
  new GrpcInstrumentation().enable()
}
