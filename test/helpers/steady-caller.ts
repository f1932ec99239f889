import { apply, kubectl, tryKubectl } from './kube.ts'
import { mountProgram, PROGRAM_COMMAND, PROGRAM_MOUNT, programVolume } from './mounted-program.ts'
import { FIXTURES_IMAGE } from './workload.ts'

/** How many requests ended how: by who answered, by status, or by error. */
export type SteadyCounts = Readonly<Record<string, number>>

export type SteadyCaller = {
  readonly stop: () => Promise<SteadyCounts>
}

/** Starts callers in a namespace that go on whatever happens to the API server. */
export async function startSteadyCallers (
  namespace: string, callers: Readonly<Record<string, { readonly url: string, readonly headers?: object }>>
): Promise<Readonly<Record<string, SteadyCaller>>> {
  const program = await mountProgram(namespace, 'steady-caller.ts')
  return Object.fromEntries(await Promise.all(Object.entries(callers).map(async ([name, { url, headers = {} }]) => {
    await apply({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace, labels: { 'waylay.dev/inject': 'disabled' } },
      spec: {
        restartPolicy: 'Never',
        terminationGracePeriodSeconds: 30,
        containers: [{
          name: 'caller',
          image: FIXTURES_IMAGE,
          command: PROGRAM_COMMAND,
          env: [{ name: 'URL', value: url }, { name: 'HEADERS', value: JSON.stringify(headers) }],
          volumeMounts: [PROGRAM_MOUNT]
        }],
        volumes: [programVolume(program)]
      }
    })
    await kubectl(['-n', namespace, 'wait', '--for=condition=Ready', `pod/${name}`, '--timeout=60s'])
    return [name, { stop: async () => await stop(namespace, name) }] as const
  })))
}

async function stop (namespace: string, name: string): Promise<SteadyCounts> {
  // It dies with the container that it ends, sometimes before it says that all went well.
  await tryKubectl(['-n', namespace, 'exec', name, '--', 'node', '-e', 'process.kill(1, "SIGTERM")'])
  await kubectl(['-n', namespace, 'wait', '--for=jsonpath={.status.phase}=Succeeded', `pod/${name}`, '--timeout=60s'])
  return JSON.parse(await kubectl(['-n', namespace, 'logs', name])) as SteadyCounts
}
