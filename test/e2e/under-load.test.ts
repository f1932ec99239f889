import test, { type ExecutionContext } from 'ava'
import { NEXT_VERSION } from '../../build/as-version.ts'
import { VERSION } from '../../common/version.ts'
import { apply, eventually, getJson, kubectl } from '../helpers/kube.ts'
import { makeNamespace } from '../helpers/namespace.ts'
import { makeNextWaylay } from '../helpers/next-waylay.ts'
import { startProgram } from '../helpers/program.ts'
import { mendInstallation } from '../helpers/restore-installation.ts'
import { startSteadyCallers } from '../helpers/steady-caller.ts'
import { startIntercept, waylay } from '../helpers/waylay.ts'
import { containerNames, podTemplate, readyPods, type Pod } from '../helpers/workload.ts'

const REPLICAS = 2
const MARIA = { 'x-waylay-id': 'maria-12345678' }

/** An app that leaves nobody standing in a rollout by itself: any failure is ours. */
async function deployGraceful (namespace: string): Promise<readonly Pod[]> {
  const { metadata, spec } = podTemplate()
  const [container] = spec.containers
  const selector = { app: 'app' }
  await apply({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'app', namespace },
    spec: {
      replicas: REPLICAS,
      selector: { matchLabels: selector },
      strategy: { rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
      template: {
        metadata,
        spec: {
          ...spec,
          terminationGracePeriodSeconds: 20,
          // The Service must have stopped sending before the app stops to listen.
          containers: [{ ...container, lifecycle: { preStop: { sleep: { seconds: 4 } } } }]
        }
      }
    }
  }, {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'app', namespace },
    spec: { selector, ports: [{ port: 80, targetPort: 8080 }] }
  })
  await kubectl(['-n', namespace, 'rollout', 'status', 'deployment/app', '--timeout=90s'])
  return await readyPods(namespace, 'app', REPLICAS)
}

async function restart (namespace: string): Promise<readonly Pod[]> {
  await kubectl(['-n', namespace, 'rollout', 'restart', 'deployment/app'])
  await kubectl(['-n', namespace, 'rollout', 'status', 'deployment/app', '--timeout=120s'])
  // Those on their way out are where a request would be lost.
  await eventually('the old pods are gone', async () => {
    const { items } = await getJson<{ items: readonly unknown[] }>(['-n', namespace, 'pods', '-l', 'app=app'])
    return items.length === REPLICAS ? true : undefined
  })
  return await readyPods(namespace, 'app', REPLICAS)
}

async function succeed (t: ExecutionContext, args: readonly string[], program?: string): Promise<string> {
  const { stderr, exitCode } = await waylay(args, program === undefined ? {} : { program })
  t.is(exitCode, 0, stderr)
  return stderr
}

function isInjected (pod: Pod): boolean {
  return containerNames(pod).includes('waylay-proxy')
}

/** Calls the app through its Service, 60 times a second, while something happens to waylay. */
async function underLoad (t: ExecutionContext, namespace: string, work: () => Promise<void>): Promise<void> {
  const url = `http://app.${namespace}.svc/`
  const callers = await startSteadyCallers(namespace, {
    plain: { url }, another: { url }, marked: { url, headers: MARIA }
  })
  await work()
  for (const [name, caller] of Object.entries(callers)) {
    const counts = await caller.stop()
    t.log(`${name} requests, by who answered: ${JSON.stringify(counts)}`)
    t.true((counts['app'] ?? 0) > 100)
    t.deepEqual(Object.keys(counts).filter(by => by !== 'app' && !(name === 'marked' && by === 'maria')), [])
  }
}

test.serial.afterEach.always(mendInstallation)

test.serial('removing the label and the sidecars under load fails no request', async t => {
  t.timeout(4 * 60_000)
  const namespace = await makeNamespace(t)
  t.true((await deployGraceful(namespace)).every(isInjected))

  await underLoad(t, namespace, async () => {
    await kubectl(['label', 'namespace', namespace, 'waylay.dev/inject-'])
    t.false((await restart(namespace)).some(isInjected))
  })
})

test.serial('uninstalling under load, with an intercept, fails no request', async t => {
  t.timeout(4 * 60_000)
  const namespace = await makeNamespace(t)
  await deployGraceful(namespace)
  const maria = await startProgram(t, 'maria')

  await underLoad(t, namespace, async () => {
    const intercept = await startIntercept(t,
      ['app', '-n', namespace, '--port', String(maria.port), '--id', MARIA['x-waylay-id']])
    const said = await succeed(t, ['uninstall'])
    t.true(said.includes(`kubectl -n ${namespace} rollout restart deployment/app`), said)
    t.log(`the intercept ended with ${await intercept.ended}`)
    t.false((await restart(namespace)).some(isInjected))
  })
  t.true(maria.seen.length > 0)
})

test.serial('upgrading under load, there and back, fails no request', async t => {
  t.timeout(5 * 60_000)
  const next = await makeNextWaylay(t)
  const namespace = await makeNamespace(t)
  await deployGraceful(namespace)

  await underLoad(t, namespace, async () => {
    const said = await succeed(t, ['upgrade'], next)
    t.true(said.includes(`${VERSION} -> ${NEXT_VERSION}`), said)
    t.true(said.includes(`kubectl -n ${namespace} rollout restart deployment/app`), said)
    await restart(namespace)
    const back = await succeed(t, ['upgrade'])
    t.true(back.includes(`${NEXT_VERSION} -> ${VERSION}`), back)
    await restart(namespace)
  })
})
