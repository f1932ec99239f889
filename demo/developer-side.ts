import { join } from 'node:path'
import { ROOT } from '../build/bundle.ts'
import type { Cluster } from '../test/cluster/driver.ts'
import { environmentOf } from './kubectl.ts'
import { startProgram, type Program } from './programs.ts'
import { CLI, SHOP, type DemoContext } from './set-up.ts'

/** An intercept that the demo started: the developer's program and the real CLI in front of it. */
export type DemoIntercept = {
  readonly service: string
  /** Value of the routing header that belongs to it. */
  readonly id: string
  readonly port: number
  /** When the CLI's process was started, on performance.now()'s clock. */
  readonly startedAtMs: number
  readonly cli: Program
}

/** Starts the developer's version of a service and `waylay intercept` for it. Does not wait for the intercept. */
export async function intercept (
  service: string, id: string, wishedPort: number, cluster: Cluster, { progress, atEnd }: DemoContext
): Promise<DemoIntercept> {
  const port = await startDeveloper(service, wishedPort, atEnd)
  progress(`the developer's ${service} listens on 127.0.0.1:${port}`)
  progress(`$ waylay intercept ${service} --port ${port} --namespace ${SHOP} --id ${id}`)
  const startedAtMs = performance.now()
  const cli = startProgram(process.execPath, [
    CLI, 'intercept', service, '--port', String(port), '--namespace', SHOP, '--id', id
  ], { title: `waylay intercept ${service}`, env: environmentOf(cluster), onLine: line => progress(`  ${line}`) })
  atEnd(`ending the intercept on ${service}`, cli.stop)
  return { service, id, port, startedAtMs, cli }
}

/** Takes another port where the wished one is taken: a demo should not fail because something listens on 3000. */
async function startDeveloper (service: string, wishedPort: number, atEnd: DemoContext['atEnd']): Promise<number> {
  const tried = await tryDeveloper(service, wishedPort, atEnd).catch(() => undefined)
  return tried ?? await tryDeveloper(service, 0, atEnd)
}

async function tryDeveloper (service: string, port: number, atEnd: DemoContext['atEnd']): Promise<number> {
  const program = startProgram(process.execPath, [join(ROOT, 'demo/developer.ts'), service, String(port)],
    { title: `the developer's ${service}` })
  atEnd(`stopping the developer's ${service}`, program.stop)
  const [, listening] = await program.line(/^listening on (\d+)/, 10_000)
  return Number(listening)
}
