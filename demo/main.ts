/**
 * Shows what waylay is for: two requests enter a shared cluster; the one with the header is answered by the program on
 * this machine, the other by the app in its pod. See `npm run demo -- --help`.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { ROUTING_HEADER } from '../common/contract.ts'
import { parseFlags, USAGE, type DemoFlags } from './flags.ts'
import { setUp, type DemoContext } from './set-up.ts'
import { isAsPromised, tellStory, type Story } from './story.ts'

type Undo = { readonly what: string, readonly undo: () => Promise<unknown>, readonly keepable: boolean }

/** As shells count SIGINT. */
const INTERRUPTED_EXIT_CODE = 130
/** npm hands a terminal's Ctrl-C on to us, who got it already: two signals this close are one wish. */
const SAME_WISH_MS = 500

const startedAtMs = performance.now()
process.exitCode = await main(process.argv.slice(2))

async function main (args: readonly string[]): Promise<number> {
  let flags: DemoFlags
  try {
    flags = parseFlags(args)
  } catch (error) {
    console.error(`${explain(error)}\n\n${USAGE}`)
    return 2
  }
  if (flags.help) {
    console.log(USAGE)
    return 0
  }
  return await runDemo(flags, stopSignal())
}

async function runDemo (flags: DemoFlags, signal: AbortSignal): Promise<number> {
  const undos: Undo[] = []
  const context: DemoContext = {
    progress,
    signal,
    atEnd: (what, undo) => undos.unshift({ what, undo, keepable: false }),
    atEndUnlessKept: (what, undo) => undos.unshift({ what, undo, keepable: true })
  }
  let exitCode = 0
  let story: Story | undefined
  try {
    const cluster = await setUp(context)
    story = await tellStory(cluster, context)
    if (!flags.once) await stay(story, flags.keep, signal)
    if (!isAsPromised(story.result)) throw new Error('The requests were not answered by those who should have')
  } catch (error) {
    progress(signal.aborted ? 'interrupted' : `FAILED: ${explain(error)}`)
    exitCode = signal.aborted ? INTERRUPTED_EXIT_CODE : 1
  }
  const cleanUpCode = await cleanUp(undos.filter(({ keepable }) => !flags.keep || !keepable))
  progress(`done in ${((performance.now() - startedAtMs) / 1000).toFixed(0)} s`)
  if (flags.json && story !== undefined) console.log(JSON.stringify(story.result))
  return exitCode || cleanUpCode
}

/** Until Ctrl-C, which is how this is meant to end; or until something that it needs ends by itself. */
async function stay (story: Story, keep: boolean, signal: AbortSignal): Promise<void> {
  const { storefront, intercepts, environment } = story
  const [payments, ledger] = intercepts
  console.log(`
Try it:
  curl ${storefront.url}
  curl -H '${ROUTING_HEADER}: ${payments?.id}' ${storefront.url}      # payments is yours
  curl -H '${ROUTING_HEADER}: ${ledger?.id}' ${storefront.url}      # ledger is yours, behind two apps
  curl -H '${ROUTING_HEADER}: ${environment[ROUTING_HEADER]}' ${storefront.url}      # payments is a copy of it

Press Ctrl-C to stop${keep ? '' : ' and to remove what the demo made'}.
`)
  const interrupted = delay(2 ** 31 - 1, undefined, { signal }).catch(() => {})
  await Promise.race([interrupted, ...intercepts.map(({ cli }) => cli.ended)])
}

/** Goes on when one step fails: the others must go all the same. */
async function cleanUp (undos: readonly Undo[]): Promise<number> {
  let exitCode = 0
  for (const { what, undo } of undos) {
    progress(what)
    await undo().catch((error: unknown) => {
      progress(`FAILED: ${what}: ${explain(error)}`)
      exitCode = 1
    })
  }
  return exitCode
}

function stopSignal (): AbortSignal {
  const interrupted = new AbortController()
  let firstAtMs: number | undefined
  const onSignal = () => {
    firstAtMs ??= performance.now()
    // Somebody who asks again does not want to wait for the clean-up.
    if (performance.now() - firstAtMs > SAME_WISH_MS) process.exit(INTERRUPTED_EXIT_CODE)
    interrupted.abort(new Error('Interrupted'))
  }
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, onSignal)
  return interrupted.signal
}

/** To stderr: stdout is for the result. */
function progress (line: string): void {
  const elapsed = ((performance.now() - startedAtMs) / 1000).toFixed(1).padStart(5)
  console.error(`[${elapsed} s] ${line}`)
}

function explain (error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause === undefined ? error.message : `${error.message}\n  because: ${explain(error.cause)}`
}
