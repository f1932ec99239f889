// An app with an agent that adds its own trace to each fetch without a look, as some do that are no OpenTelemetry.
const { subscribe } = require('node:diagnostics_channel')

subscribe('undici:request:create', ({ request }) => { request.addHeader('traceparent', 'theirs') })
require('./app.cjs')
