import { appAddress, splitHost } from '../../browse/app-address.ts'
import { openCluster, type Cluster } from '../cluster/kubeconfig.ts'
import type { Service } from '../cluster/services.ts'
import type { CliDeps } from '../deps.ts'
import type { PreviewFlags } from '../flags.ts'
import { chooseMarks } from './choose-marks.ts'
import { choosePort } from './choose-port.ts'
import { noteOnHolders } from './note-on-holders.ts'
import { openBrowser } from './open-browser.ts'
import { createPreviewReport, type PreviewReport } from './preview-report.ts'
import { findPreviewed, readServiceName } from './previewed-service.ts'
import { startPreview, type RunningPreview } from './start-preview.ts'

// A longer timer would fire at once (2^31 - 1 ms, 24 days).
const MAX_TIMER_MS = 2 ** 31 - 1

/** Runs `waylay preview <service>` until Ctrl-C. */
export async function preview (serviceText: string, flags: PreviewFlags, deps: CliDeps): Promise<void> {
  const name = readServiceName(serviceText)
  const headers = await chooseMarks(flags, deps)
  const report = createPreviewReport({ output: deps.output, format: flags.output, color: deps.color === true })
  const cluster = openCluster(flags, deps)
  const stopped = Promise.withResolvers<void>()
  const offSignals = deps.onStopSignal(() => { stopped.resolve() })
  let timer: NodeJS.Timeout | undefined
  const opening = findPreviewed(cluster, name)
    .then(async service => await start(service, { flags, headers, cluster, report }))
  try {
    // A cluster that does not answer, or a plugin that waits for a login, must not keep whoever gives up.
    const running = await Promise.race([opening, stopped.promise])
    if (running === undefined) return
    report.ready({ ...running.facts, headers })
    void noteOnHolders(cluster, headers, report.note)
    if (flags.open === true) {
      openBrowser(running.facts.url, { env: deps.env, platform: deps.platform ?? process.platform }, why => {
        report.note(`Warning: no browser was opened: ${why}`)
      })
    }
    if (flags.for !== undefined) timer = setTimeout(() => { stopped.resolve() }, Math.min(flags.for, MAX_TIMER_MS))
    await stopped.promise
  } finally {
    clearTimeout(timer)
    // Also where it stands only by now.
    opening.then(({ stop }) => { stop() }, () => {})
    offSignals()
    cluster.close()
  }
}

async function start (service: Service, { flags, headers, cluster, report }: {
  readonly flags: PreviewFlags
  readonly headers: Awaited<ReturnType<typeof chooseMarks>>
  readonly cluster: Cluster
  readonly report: PreviewReport
}): Promise<RunningPreview> {
  const { metadata: { name, namespace }, spec } = service
  const port = choosePort(service, flags.port?.service)
  const app = appAddress({
    service: name,
    namespace,
    port: port.port,
    tls: port.tls,
    otherPorts: port.targetPort === undefined ? [] : [port.targetPort],
    otherNames: (spec?.clusterIPs ?? []).filter(ip => ip !== 'None'),
    hostHeader: flags.hostHeader
  })
  if (port.tls) report.note(`Port ${port.port} carries TLS: it is opened with whatever certificate the pod shows (${splitHost(app.host).name}).`)
  return await startPreview({
    cluster, service: name, namespace, port, app, routing: headers, listen: flags.port?.listen, report
  })
}
