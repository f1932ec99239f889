import { hostname } from 'node:os'
import type { WaylayError } from '../../common/errors.ts'
import { openCluster } from '../../cli/cluster/kubeconfig.ts'
import { createDeveloper } from '../../cli/intercept/developer/developer.ts'
import { findPlaces } from '../../cli/intercept/places/find-places.ts'
import { SILENT_REPORT } from '../../cli/intercept/report/report.ts'
import { createStanding } from '../../cli/intercept/standing/standing.ts'
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
  const cluster = openCluster({ kubeconfig: kubeconfigPath, namespace }, { env: {}, homeDir: '' })
  const failures: WaylayError[] = []
  const notes: string[] = []
  const standing = createStanding({
    cluster,
    report: { ...SILENT_REPORT, note: line => { notes.push(line) } },
    hostName: hostname(),
    onEnded: (_intercept, error) => { failures.push(error) }
  })
  const { places: [place] } = await findPlaces(cluster, namespace, { kind: 'deployment', name: 'app' }, [undefined])
  await standing.stand([{
    place: place!,
    match: { headers: [{ type: 'Exact', name: 'x-waylay-id', value: id }] },
    developer: createDeveloper({ port })
  }])
  return {
    failures,
    notes,
    stop: async () => {
      await standing.stop()
      cluster.close()
    }
  }
}
