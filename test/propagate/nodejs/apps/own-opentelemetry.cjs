// An app that sets OpenTelemetry up itself, after us, with a propagator of its own.
const { context, propagation } = require('@opentelemetry/api')
const { AsyncLocalStorageContextManager } = require('@opentelemetry/context-async-hooks')
const { HttpInstrumentation } = require('@opentelemetry/instrumentation-http')
const { UndiciInstrumentation } = require('@opentelemetry/instrumentation-undici')

const isRegistered = [
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable()),
  propagation.setGlobalPropagator({
    inject: (_context, carrier, setter) => { setter.set(carrier, 'baggage', 'own=propagator') },
    extract: context => context,
    fields: () => ['baggage']
  })
]
new HttpInstrumentation().enable()
new UndiciInstrumentation().enable()
globalThis.own = isRegistered.join()
require('./app.cjs')
