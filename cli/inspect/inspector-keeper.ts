import type { Cluster } from '../cluster/kubeconfig.ts'
import type { Report } from '../intercept/report/report.ts'
import type { StandingIntercept } from '../intercept/standing/standing-intercept.ts'
import type { Wish } from '../intercept/standing/wish.ts'
import type { Inspector } from './start-inspector.ts'

/** The inspector of one command, where `--inspect` asks for one; else nothing at all. */
export type InspectorKeeper = {
  /** The same wishes, with programs that are watched. */
  readonly watch: (wishes: readonly Wish[]) => Promise<readonly Wish[]>
  /** They stand: the page is told of. */
  readonly show: (intercepts: readonly StandingIntercept[]) => void
  readonly stop: () => Promise<void>
}

export function createInspectorKeeper (
  { inspect }: { readonly inspect?: boolean }, cluster: Cluster, report: Pick<Report, 'inspector'>
): InspectorKeeper {
  let inspector: Inspector | undefined
  return {
    watch: async wishes => {
      if (inspect !== true) return wishes
      // Only here: nobody else loads a byte of it.
      const { startInspector } = await import('./start-inspector.ts')
      const started = await startInspector(cluster)
      inspector = started
      return wishes.map(wish => ({ ...wish, developer: started.inspect(wish.developer) }))
    },
    show: intercepts => {
      if (inspector === undefined) return
      inspector.show(intercepts)
      report.inspector(inspector.url)
    },
    stop: async () => { await inspector?.close() }
  }
}
