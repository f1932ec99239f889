#!/usr/bin/env node
import { homedir, hostname, userInfo } from 'node:os'
import { mayColor } from './terminal/color.ts'
import { consoleOutput } from './terminal/output.ts'
import { runCli } from './run.ts'

// As shells count SIGINT.
const FORCED_EXIT_CODE = 130

/** Node throws where the user id has no name, as in some containers. */
function readUserName (): string {
  try {
    return userInfo().username
  } catch {
    return process.env['USER'] ?? process.env['USERNAME'] ?? ''
  }
}

// npm and npx hand a terminal's Ctrl-C on to us, who got it already: two signals this close are one wish.
const SAME_WISH_MS = 500

/** The first signal is asked for politely; a second one leaves at once, whatever is still being tidied up. */
function onStopSignal (callback: (signal: NodeJS.Signals) => void): () => void {
  // SIGBREAK is Ctrl-Break on Windows, where SIGHUP comes when the console's window is closed.
  const signals: readonly NodeJS.Signals[] = process.platform === 'win32'
    ? ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGBREAK']
    : ['SIGINT', 'SIGTERM', 'SIGHUP']
  let firstAtMs: number | undefined
  const onSignal = (signal: NodeJS.Signals): void => {
    const nowMs = performance.now()
    firstAtMs ??= nowMs
    if (nowMs - firstAtMs > SAME_WISH_MS) process.exit(FORCED_EXIT_CODE)
    callback(signal)
  }
  for (const signal of signals) process.on(signal, onSignal)
  return () => { for (const signal of signals) process.off(signal, onSignal) }
}

/** Nothing that takes time can be done any more in the callback. */
function onExit (callback: () => void): () => void {
  process.on('exit', callback)
  return () => { process.off('exit', callback) }
}

// `waylay list | head -1`: a reader that left is no failure of ours.
process.stdout.on('error', () => {})
process.stderr.on('error', () => {})

// While we tidy up there may be nothing but timers that keep no process alive; Node would leave with its own code 13.
const alive = setInterval(() => {}, 2 ** 30)
const exitCode = await runCli(process.argv.slice(2), {
  env: process.env,
  homeDir: homedir(),
  userName: readUserName(),
  hostName: hostname(),
  output: consoleOutput,
  color: mayColor(process.stderr.isTTY, process.env),
  onStopSignal,
  onExit
})
clearInterval(alive)
// Not process.exit() at once: lines that a slow reader has not taken yet would be lost.
process.exitCode = exitCode
setTimeout(() => { process.exit() }, 500).unref()
