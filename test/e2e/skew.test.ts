import test, { type ExecutionContext } from 'ava'
import { NEXT_VERSION } from '../../build/as-version.ts'
import { VERSION } from '../../common/version.ts'
import { startCaller, type CallerPod } from '../helpers/caller-pod.ts'
import { kubectl } from '../helpers/kube.ts'
import { makeNamespace } from '../helpers/namespace.ts'
import { makeNextWaylay } from '../helpers/next-waylay.ts'
import { startProgram, type Program } from '../helpers/program.ts'
import { mendInstallation } from '../helpers/restore-installation.ts'
import { startIntercept, waylay, type CliOptions } from '../helpers/waylay.ts'
import { deployApp, readyPods, urlOf, type Pod } from '../helpers/workload.ts'

const ID = 'maria-12345678'

test.serial.afterEach.always(mendInstallation)

type Place = { readonly namespace: string, readonly caller: CallerPod, readonly maria: Program }

/** Intercepts with one command line, looks at who answers whom, and ends it. */
async function intercepts (t: ExecutionContext, what: string, place: Place, options: CliOptions): Promise<void> {
  const { namespace, caller, maria } = place
  const [pod] = await readyPods(namespace, 'app', 1) as [Pod]
  const seen = maria.seen.length
  const intercept = await startIntercept(t, ['app', '-n', namespace, '--port', String(maria.port), '--id', ID], options)
  t.is((await caller.request(urlOf(pod), { 'x-waylay-id': ID })).json.answeredBy, 'maria', what)
  t.is((await caller.request(urlOf(pod))).json.answeredBy, 'app', what)
  const list = await waylay(['list', '-n', namespace], options)
  t.regex(list.stdout, /deployment\/app/, what)
  t.is((await intercept.stop()).exitCode, 0, what)
  t.is((await caller.request(urlOf(pod), { 'x-waylay-id': ID })).json.answeredBy, 'app', what)
  t.true(maria.seen.length > seen, what)
  const version = await waylay(['version', '-n', namespace], options)
  t.false(/more than one minor/.test(version.stdout), version.stdout)
  t.log(`${what}: diverts, passes, lists and ends`)
}

async function restart (namespace: string): Promise<void> {
  await kubectl(['-n', namespace, 'rollout', 'restart', 'deployment/app'])
  await kubectl(['-n', namespace, 'rollout', 'status', 'deployment/app', '--timeout=90s'])
  await readyPods(namespace, 'app', 1)
}

test.serial('command line, webhook and sidecar work together one minor version apart, either way', async t => {
  t.timeout(5 * 60_000)
  const namespace = await makeNamespace(t)
  const place = { namespace, caller: await startCaller(t, namespace), maria: await startProgram(t, 'maria') }
  await deployApp(namespace)
  const next = { program: await makeNextWaylay(t) }

  await intercepts(t, `command line ${NEXT_VERSION}, webhook ${VERSION}, sidecar ${VERSION}`, place, next)

  const upgraded = await waylay(['upgrade'], next)
  t.is(upgraded.exitCode, 0, upgraded.stderr)
  await intercepts(t, `command line ${VERSION}, webhook ${NEXT_VERSION}, sidecar ${VERSION}`, place, {})
  await intercepts(t, `command line ${NEXT_VERSION}, webhook ${NEXT_VERSION}, sidecar ${VERSION}`, place, next)
  await restart(namespace)
  await intercepts(t, `command line ${VERSION}, webhook ${NEXT_VERSION}, sidecar ${NEXT_VERSION}`, place, {})

  const back = await waylay(['upgrade'])
  t.is(back.exitCode, 0, back.stderr)
  t.true(back.stderr.includes(`sidecar ${NEXT_VERSION}):  kubectl -n ${namespace} rollout restart deployment/app`), back.stderr)
  await intercepts(t, `command line ${VERSION}, webhook ${VERSION}, sidecar ${NEXT_VERSION}`, place, {})
  await intercepts(t, `command line ${NEXT_VERSION}, webhook ${VERSION}, sidecar ${NEXT_VERSION}`, place, next)
})

test.serial('install of another version is refused, and names upgrade', async t => {
  const { exitCode, stderr } = await waylay(['install'], { program: await makeNextWaylay(t) })

  t.is(exitCode, 6)
  t.regex(stderr, new RegExp(`waylay ${VERSION.replaceAll('.', '\\.')} is installed here[^]*waylay upgrade`))
})
