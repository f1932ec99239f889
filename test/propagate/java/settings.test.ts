import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import test, { type ExecutionContext } from 'ava'
import { ensureProgram } from '../../../build/fetched.ts'
import { javaPart } from '../../../build/propagate-parts.ts'
import { PROPAGATE_DIR } from '../../../common/contract.ts'
import { LANGUAGE_VARIABLES } from '../../../webhook/injection/language-variables.ts'
import { run } from '../../cluster/run.ts'
import { portOf } from '../nodejs/node-app.ts'

const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
const MARKED = { baggage: 'waylay-id=maria-12345678', traceparent: TRACE }

const fetching = { progress: () => {} }
let classes: string
let ours: string
test.before(async t => {
  t.timeout(240_000)
  classes = await mkdtemp(join(tmpdir(), 'waylay-handing-'))
  const javac = await ensureProgram('javac', ['default-jdk-headless'], fetching)
  await run(javac, ['-d', classes, join(import.meta.dirname, 'Handing.java')])
  ours = LANGUAGE_VARIABLES.java.ours.replaceAll(`${PROPAGATE_DIR}/java`, await javaPart(fetching))
})
test.after.always(async () => { await rm(classes, { recursive: true, force: true }) })

async function listen (t: ExecutionContext, answer: RequestListener): Promise<string> {
  const server = createServer(answer)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  return `http://127.0.0.1:${portOf(server.address())}`
}

/** A real JVM with what the webhook gives one, and variables of the app's own. Ended with the test. */
async function startJava (t: ExecutionContext, env: Readonly<Record<string, string>>) {
  const java = await ensureProgram('java', ['default-jdk-headless'], fetching)
  const back = await listen(t, (request, response) => { response.end(JSON.stringify(request.headers)) })
  const child = spawn(java, ['-Xmx128m', '-cp', classes, 'Handing', back], {
    env: { PATH: process.env['PATH'], JAVA_TOOL_OPTIONS: ours, ...env }
  })
  t.teardown(() => { child.kill('SIGKILL') })
  let stderr = ''
  child.stderr.on('data', chunk => { stderr += String(chunk) })
  const [port] = await Promise.race([
    once(createInterface(child.stdout), 'line') as Promise<string[]>,
    once(child, 'exit').then(() => { throw new Error(`The app ended: ${stderr}`) })
  ])
  return {
    ask: async (): Promise<IncomingHttpHeaders> =>
      await (await fetch(`http://127.0.0.1:${port}/`, { headers: MARKED })).json() as IncomingHttpHeaders,
    /** What the JVM itself says of the variable is no line of ours. */
    stderr: () => stderr.split('\n').filter(line => !/^Picked up |Sharing is only supported/.test(line)).join('\n')
  }
}

test('no variable of an app\'s own OpenTelemetry turns an app in Java off, and nothing is sent', async t => {
  t.timeout(240_000)
  let sent = 0
  const collector = await listen(t, (_request, response) => {
    sent++
    response.end()
  })
  const { ask, stderr } = await startJava(t, {
    OTEL_SDK_DISABLED: 'false',
    OTEL_PROPAGATORS: 'tracecontext',
    OTEL_EXPORTER_OTLP_ENDPOINT: collector,
    OTEL_TRACES_EXPORTER: 'otlp',
    OTEL_METRICS_EXPORTER: 'otlp',
    OTEL_LOGS_EXPORTER: 'otlp',
    OTEL_BSP_SCHEDULE_DELAY: '50',
    OTEL_METRIC_EXPORT_INTERVAL: '50',
    OTEL_INSTRUMENTATION_COMMON_DEFAULT_ENABLED: 'false',
    OTEL_INSTRUMENTATION_JAVA_HTTP_SERVER_ENABLED: 'false',
    OTEL_INSTRUMENTATION_JAVA_HTTP_CLIENT_ENABLED: 'false'
  })

  // A trace of the agent's own would have another parent.
  t.like(await ask(), MARKED)
  await new Promise(resolve => { setTimeout(resolve, 1000) })
  t.is(sent, 0)
  t.is(stderr(), '')
})

test('an app in Java whose own OpenTelemetry is disabled, or set up wrongly, carries as well', async t => {
  t.timeout(240_000)
  const { ask, stderr } = await startJava(t, {
    OTEL_SDK_DISABLED: 'true',
    OTEL_PROPAGATORS: 'unheard-of',
    OTEL_TRACES_EXPORTER: 'unheard-of',
    OTEL_TRACES_SAMPLER: 'unheard-of'
  })

  t.like(await ask(), MARKED)
  t.is(stderr(), '')
})
