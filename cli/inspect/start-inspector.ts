import { describeMatch } from '../../intercepts/describe-match.ts'
import type { Cluster } from '../cluster/kubeconfig.ts'
import { machineClock, type StandClock } from '../clock.ts'
import type { Developer } from '../intercept/developer/developer.ts'
import { exampleRequest } from '../intercept/report/example-request.ts'
import type { StandingIntercept } from '../intercept/standing/standing-intercept.ts'
import { ExchangeLog } from './exchange-log.ts'
import { inspectedDeveloper } from './inspected-developer.ts'
import { loadPage } from './page-files.ts'
import { Painter } from './picture.ts'
import { Live } from './server/live.ts'
import { serveInspector } from './server/server.ts'
import type { Standing } from './view-types.ts'

export type Inspector = {
  /** Address of the page, with its token. */
  readonly url: string
  /** The same program, watched. */
  readonly inspect: (developer: Developer) => Developer
  /** These stand now. */
  readonly show: (intercepts: readonly StandingIntercept[]) => void
  readonly close: () => Promise<void>
}

/** Starts the page of one command. */
export async function startInspector (cluster: Cluster, clock: StandClock = machineClock): Promise<Inspector> {
  const log = new ExchangeLog(clock)
  const live = new Live(log)
  let intercepts: readonly StandingIntercept[] = []
  const standing = async (): Promise<readonly Standing[]> => await Promise.all(intercepts.map(describeStanding))
  const painter = new Painter({
    cluster, log, standing, intercepts: () => intercepts, now: clock.now, wallNow: clock.wallNow
  })
  const { url, close } = await serveInspector({
    log, live, page: await loadPage(), standing, picture: async () => await painter.paint()
  })
  return {
    url,
    inspect: developer => inspectedDeveloper(developer, log),
    show: all => { intercepts = all },
    close
  }
}

async function describeStanding (
  { name, label, namespace, workload, port, wish }: StandingIntercept
): Promise<Standing> {
  const service = await wish.place.service
  const isTls = wish.place.port.tlsSecret !== undefined
  return {
    intercept: name,
    label,
    namespace,
    workload,
    port,
    match: describeMatch(wish.match),
    developer: wish.developer.address,
    example: exampleRequest(wish.match, service?.host ?? `<its address>:${port}`, isTls)
  }
}
