import { hostname } from 'node:os'
import type { WaylayError } from '../../common/errors.ts'
import { openCluster } from '../../cli/cluster/kubeconfig.ts'
import { createDeveloper } from '../../cli/intercept/developer.ts'
import { standIntercept } from '../../cli/intercept/stand.ts'
import { theCluster } from './kube.ts'

/** What the command does between its start and its end, without the half second of CPU that a process costs. */
export type InProcessIntercept = {
  readonly stop: () => Promise<void>
  readonly failures: readonly WaylayError[]
  readonly notes: readonly string[]
}

/** Stands an intercept of the Deployment `app` with this value of `x-waylay-id`; resolves when every pod diverts. */
export async function standInProcess (namespace: string, id: string, port: number): Promise<InProcessIntercept> {
  const { kubeconfigPath } = await theCluster()
  const cluster = openCluster({ kubeconfig: kubeconfigPath, namespace })
  const failures: WaylayError[] = []
  const notes: string[] = []
  const standing = standIntercept({
    cluster,
    wanted: { kind: 'deployment', name: 'app' },
    match: { headers: [{ type: 'Exact', name: 'x-waylay-id', value: id }] },
    developer: createDeveloper({ port }),
    report: { ready: () => {}, request: () => {}, pods: () => {}, ended: () => {}, note: line => { notes.push(line) } },
    appPort: undefined,
    hostName: hostname(),
    onFailure: error => { failures.push(error) }
  })
  await standing.ready
  return {
    failures,
    notes,
    stop: async () => {
      await standing.stop()
      cluster.close()
    }
  }
}
