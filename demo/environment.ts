import { ROUTING_HEADER } from '../common/contract.ts'
import type { Cluster } from '../test/cluster/driver.ts'
import { run } from '../test/cluster/run.ts'
import { environmentOf, kubectlOf } from './kubectl.ts'
import { CLI, SHOP, type DemoContext } from './set-up.ts'

/** As a pipeline would call that of pull request 123. */
export const ENVIRONMENT = 'pr-123'

/** A longer stay of the demo renews nothing: this is how long a person may try it. */
const TTL = '2h'

/** Makes an environment with a copy of one service, and returns the header that leads to it. */
export async function makeEnvironment (
  service: string, cluster: Cluster, { progress, signal, atEnd }: DemoContext
): Promise<Readonly<Record<string, string>>> {
  const env = environmentOf(cluster)
  const place = [ENVIRONMENT, '--namespace', SHOP]
  const up = ['env', 'up', ...place, '--workload', service, '--ttl', TTL]
  progress(`$ waylay ${up.join(' ')}`)
  atEnd(`removing the environment ${ENVIRONMENT}`, async () => await run(process.execPath, [CLI, 'env', 'down', ...place], { env }))
  await run(process.execPath, [CLI, ...up], { env, signal, onErrorLine: line => progress(`  ${line}`) })
  const value = await kubectlOf(cluster, signal)(
    '--namespace', SHOP, 'get', 'environment', ENVIRONMENT, '--output', 'jsonpath={.spec.value}')
  return { [ROUTING_HEADER]: value }
}
