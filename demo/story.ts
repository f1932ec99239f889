import { ROUTING_HEADER } from '../common/contract.ts'
import { newRoutingValue } from '../intercepts/label.ts'
import type { Cluster } from '../test/cluster/driver.ts'
import { intercept, type DemoIntercept } from './developer-side.ts'
import { ENVIRONMENT, makeEnvironment } from './environment.ts'
import type { DemoContext } from './set-up.ts'
import { askUntil, openStorefront, type Hops, type Storefront } from './storefront.ts'

/** What happened, read out of the shop's answers. */
export type DemoResult = {
  readonly withHeader: string
  readonly withoutHeader: string
  /** Who answered as third service, behind two apps that carried the header along. */
  readonly secondHop: string
  /** From the start of the `waylay intercept` process to the first answer by the developer. */
  readonly secondsToFirstDivert: number
  readonly cluster: Cluster['kind']
  readonly kubernetes: string
}

/** The result, and what a person needs to go on trying. */
export type Story = {
  readonly result: DemoResult
  readonly storefront: Storefront
  readonly intercepts: readonly DemoIntercept[]
  /** The header that leads to the environment. */
  readonly environment: Headers
}

type Headers = Readonly<Record<string, string>>

const DIVERT_TIMEOUT_MS = 30_000

/** Two intercepts on one shop, an environment, and a request for each of them and for nobody. */
export async function tellStory (cluster: Cluster, context: DemoContext): Promise<Story> {
  const { progress } = context
  const storefront = await openStorefront(cluster, context)
  showHops(progress, 'before', await storefront.ask())

  const payments = await intercept('payments', newRoutingValue('demo'), 3000, cluster, context)
  const firstAtMs = await firstDivert(storefront, payments)
  const withHeader = await storefront.ask(headerOf(payments))
  const withoutHeader = await storefront.ask()
  showHops(progress, 'with the header', withHeader)
  showHops(progress, 'without it', withoutHeader)

  // A header of its own: the developer's payments has no ledger behind it, so the first one's requests end there.
  const ledger = await intercept('ledger', newRoutingValue('demo'), 3001, cluster, context)
  await firstDivert(storefront, ledger)
  const secondHop = await storefront.ask(headerOf(ledger))
  showHops(progress, 'with the other header', secondHop)

  const environment = await makeEnvironment('payments', cluster, context)
  const inEnvironment = await storefront.ask(environment)
  showHops(progress, 'with the environment\'s header', inEnvironment)
  if (inEnvironment['payments'] !== ENVIRONMENT) throw new Error(`payments was not answered by the copy of ${ENVIRONMENT}`)

  const result = {
    withHeader: withHeader['payments'] ?? 'nobody',
    withoutHeader: withoutHeader['payments'] ?? 'nobody',
    secondHop: secondHop['ledger'] ?? 'nobody',
    secondsToFirstDivert: Math.round(firstAtMs - payments.startedAtMs) / 1000,
    cluster: cluster.kind,
    kubernetes: cluster.kubernetesVersion
  }
  progress(`first request answered by the developer ${result.secondsToFirstDivert} s after "waylay intercept" ` +
    'was started')
  return { result, storefront, intercepts: [payments, ledger], environment }
}

/** Whether the right ones answered. Anything else is a failure of the demo. */
export function isAsPromised ({ withHeader, withoutHeader, secondHop }: DemoResult): boolean {
  return withHeader === 'developer' && withoutHeader === 'app' && secondHop === 'developer'
}

/** The header that marks a request as belonging to this intercept. */
export function headerOf ({ id }: DemoIntercept): Headers {
  return { [ROUTING_HEADER]: id }
}

async function firstDivert (storefront: Storefront, wish: DemoIntercept): Promise<number> {
  const asked = askUntil(storefront, headerOf(wish), wish.service, 'developer', DIVERT_TIMEOUT_MS)
  return (await Promise.race([asked, wish.cli.ended])).atMs
}

function showHops (progress: (line: string) => void, title: string, hops: Hops): void {
  progress(`${title}: ${Object.entries(hops).map(([service, who]) => `${service}=${who}`).join(' -> ')}`)
}
