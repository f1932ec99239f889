import type { ExecutionContext } from 'ava'
import { apply, kubectl } from './kube.ts'
import { mountProgram, PROGRAM_MOUNT, PROGRAM_SCRIPT, programVolume } from './mounted-program.ts'
import { openCommands, type PodCommands } from './pod-commands.ts'
import { FIXTURES_IMAGE } from './workload.ts'

type Options = { readonly sysctls?: readonly { readonly name: string, readonly value: string }[] }

/** Starts a program of the fixtures in a pod without a sidecar and takes over its command line; ended with the test. */
export async function startProgramPod (
  t: ExecutionContext, namespace: string, fixture: string, { sysctls = [] }: Options = {}
): Promise<PodCommands> {
  const pod = await mountProgram(namespace, fixture)
  await apply({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: pod, namespace, labels: { 'waylay.dev/inject': 'disabled' } },
    spec: {
      terminationGracePeriodSeconds: 0,
      securityContext: { sysctls },
      containers: [{
        name: 'program', image: FIXTURES_IMAGE, command: ['sleep', '3600'], volumeMounts: [PROGRAM_MOUNT]
      }],
      volumes: [programVolume(pod)]
    }
  })
  await kubectl(['-n', namespace, 'wait', '--for=condition=Ready', `pod/${pod}`, '--timeout=60s'])
  return await openCommands(t, { namespace, pod, script: PROGRAM_SCRIPT })
}
