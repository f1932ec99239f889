import test, { type ExecutionContext } from 'ava'
import { apply, eventually, getJson, kubectl } from '../helpers/kube.ts'
import { mountProgram, PROGRAM_COMMAND, PROGRAM_MOUNT, programVolume } from '../helpers/mounted-program.ts'
import { makeNamespace } from '../helpers/namespace.ts'
import { withoutRules, type InjectedPod } from '../helpers/without-rules.ts'
import { FIXTURES_IMAGE } from '../helpers/workload.ts'

type Status = {
  readonly name: string
  readonly ready: boolean
  readonly started?: boolean
  readonly restartCount: number
}
type InitStatus = { readonly name: string, readonly state: { readonly terminated?: { readonly message?: string } } }
type Pod = {
  readonly status: {
    readonly containerStatuses?: readonly Status[]
    readonly initContainerStatuses?: readonly InitStatus[]
  }
}

const PROBED = ['http', 'tcp', 'grpc'] as const

test('with the rules, probes of every kind pass while the app lives and fail when it dies', async t => {
  const namespace = await makeNamespace(t)
  const program = await mountProgram(namespace, 'probed-app.ts')
  await apply(probedPod(namespace, program))

  await probesMeanTheApp(t, namespace)

  t.falsy(await initMessage(namespace), 'the rules were written')
})

test('without the rules, probes of every kind pass while the app lives and fail when it dies', async t => {
  const [labelled, plain] = await Promise.all([makeNamespace(t), makeNamespace(t, { inject: false })])
  const program = await mountProgram(plain, 'probed-app.ts')
  const answer = await kubectl(
    ['create', '--dry-run=server', '-o', 'json', '-f', '-'], JSON.stringify(probedPod(labelled, program)))
  await apply(withoutRules(JSON.parse(answer) as InjectedPod, plain))

  await probesMeanTheApp(t, plain)

  const message = await initMessage(plain)
  t.log('termination message:', message)
  t.truthy(message, 'the rules were not written')
})

/** A container for each kind of probe, each probing its own port; `late` never comes up for its startup probe. */
function probedPod (namespace: string, program: string): object {
  const often = { periodSeconds: 1, failureThreshold: 2 }
  const container = (name: string, kind: string, port: number, probes: object) => ({
    name,
    image: FIXTURES_IMAGE,
    command: PROGRAM_COMMAND,
    env: [{ name: 'KIND', value: kind }, { name: 'PORT', value: String(port) }],
    ports: [{ name, containerPort: port }],
    volumeMounts: [PROGRAM_MOUNT],
    ...probes
  })
  const startupProbe = (port: number) => ({ httpGet: { path: '/', port }, periodSeconds: 1, failureThreshold: 60 })
  const livenessProbe = { httpGet: { path: '/', port: 8085 }, ...often, timeoutSeconds: 5 }
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'app', namespace, labels: { app: 'app' } },
    spec: {
      terminationGracePeriodSeconds: 2,
      containers: [
        container('http', 'http', 8080, { readinessProbe: { httpGet: { path: '/', port: 'http' }, ...often } }),
        container('tcp', 'tcp', 8081, { readinessProbe: { tcpSocket: { port: 8081 }, ...often } }),
        container('grpc', 'grpc', 8082, { readinessProbe: { grpc: { port: 8082 }, ...often } }),
        container('early', 'http', 8083, { startupProbe: startupProbe(8083) }),
        container('late', 'dead', 8084, { startupProbe: { tcpSocket: { port: 8084 }, ...often } }),
        // Without a startup probe one that starts slowly would be restarted before it was killed.
        container('living', 'http', 8085, { startupProbe: startupProbe(8085), livenessProbe })
      ],
      volumes: [programVolume(program)]
    }
  }
}

async function probesMeanTheApp (t: ExecutionContext, namespace: string): Promise<void> {
  await until('the app is probed', namespace, status =>
    PROBED.every(name => status(name)?.ready === true) &&
    ['early', 'living'].every(name => status(name)?.started === true))
  await until('a startup probe of a dead app has failed', namespace, status =>
    status('late')?.started === false && (status('late')?.restartCount ?? 0) > 0)
  for (const name of [...PROBED, 'living']) {
    await kubectl(['-n', namespace, 'exec', 'app', '-c', name, '--', 'node', '-e', 'process.kill(1, "SIGUSR2")'])
  }
  await until('probes of the dead app fail', namespace, status =>
    PROBED.every(name => status(name)?.ready === false) && (status('living')?.restartCount ?? 0) > 0)
  await until('the app that was started again lives', namespace, status => status('living')?.ready === true)
  const statuses = await statusesOf(namespace)
  for (const name of PROBED) t.is(statuses(name)?.restartCount, 0, `${name} was not restarted`)
}

async function until (
  what: string, namespace: string, isSo: (status: (name: string) => Status | undefined) => boolean
): Promise<void> {
  await eventually(what, async () => isSo(await statusesOf(namespace)) ? true : undefined)
}

async function statusesOf (namespace: string): Promise<(name: string) => Status | undefined> {
  const { status } = await getJson<Pod>(['-n', namespace, 'pod', 'app'])
  return name => status.containerStatuses?.find(container => container.name === name)
}

async function initMessage (namespace: string): Promise<string | undefined> {
  const { status } = await getJson<Pod>(['-n', namespace, 'pod', 'app'])
  return status.initContainerStatuses?.find(({ name }) => name === 'waylay-init')?.state.terminated?.message
}
