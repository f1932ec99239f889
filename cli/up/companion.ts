import { ENVIRONMENT_LABELS, PORTS } from '../../common/contract.ts'
import { referTo, type EnvironmentOwner } from '../../environments/owner.ts'
import { machineClock } from '../clock.ts'
import { getIntercept } from '../cluster/intercepts.ts'
import type { Cluster } from '../cluster/kubeconfig.ts'
import type { CliDeps } from '../deps.ts'
import type { UpFlags } from '../flags.ts'
import { createPatientDeveloper } from '../intercept/developer/patient-developer.ts'
import type { Report } from '../intercept/report/report.ts'
import { createStanding } from '../intercept/standing/standing.ts'
import type { FileIntercept } from '../project-file/project-file.ts'
import { CompanionRun } from './companion-run.ts'
import { findWishes } from './find-wishes.ts'
import { serveReadiness } from './readiness.ts'

/**
 * Holds the intercepts of an ephemeral environment, in the cluster, until it is stopped: they belong to the
 * environment, lead to Services, and come back by themselves.
 */
export async function standAsCompanion (
  owner: EnvironmentOwner, files: readonly FileIntercept[],
  { cluster, report, flags, cli }: {
    readonly cluster: Cluster, readonly report: Report, readonly flags: UpFlags, readonly cli: CliDeps
  }
): Promise<void> {
  const clock = machineClock
  const standing = createStanding({
    cluster,
    report,
    hostName: cli.hostName,
    belonging: { ownerReferences: [referTo(owner)], labels: { [ENVIRONMENT_LABELS.environment]: owner.name } },
    onEnded: intercept => { run.lost(intercept) }
  })
  const developerOf = ({ host, port }: { readonly host?: string, readonly port: number }) =>
    createPatientDeveloper(host, port, clock)
  const run: CompanionRun = new CompanionRun({
    find: async (file, takeOver) => {
      const wishes = await findWishes(file, { cluster, flags, cli, note: report.note, developerOf })
      return wishes.map(wish => ({ ...wish, takeOver }))
    },
    stand: async wishes => await standing.stand(wishes),
    read: async ({ namespace, name }) => await getIntercept(cluster, namespace, name),
    serverNowMs: () => cluster.serverNowMs(),
    note: report.note,
    clock
  })
  const offSignals = cli.onStopSignal(() => { run.stop() })
  const readiness = serveReadiness(PORTS.health, () => run.isReady, report.note)
  try {
    // Each port by itself: one that cannot stand yet holds up none of the others.
    await run.keep(files.flatMap(file => file.ports.map(port => ({ ...file, ports: [port] }))))
  } finally {
    await standing.stop()
    readiness.close()
    offSignals()
    cluster.close()
  }
}
