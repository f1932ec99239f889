import { setImmediate as nextRound } from 'node:timers/promises'
import type { ExecutionContext } from 'ava'
import { listen, proxyPort, type Caller, type ProxiedPort } from './proxied-port.ts'
import { answerWithName } from './raw-server.ts'

/** The value that maria's intercept asks for: what `MARIA` says. */
export const MARIA_VALUE = 'maria-12345678'

/** What app and developer were sent, as it came. */
export type RecordingPort = ProxiedPort & { readonly app: readonly string[], readonly maria: readonly string[] }

/** An app that writes down what it is sent, and where asked for an intercept of maria's, whose program does so too. */
export async function recordPort (
  t: ExecutionContext, { intercepted, forwardedFor }: { readonly intercepted: boolean, readonly forwardedFor: boolean }
): Promise<RecordingPort> {
  const [app, maria]: [string[], string[]] = [[], []]
  const port = await proxyPort(t, await listen(t, answerWithName('app', app)), { forwardedFor })
  if (intercepted) port.intercept(MARIA_VALUE, await listen(t, answerWithName('maria', maria)))
  return { ...port, app, maria }
}

/** @param pause what is waited for between two pieces. */
export async function sendInPieces (
  caller: Caller, text: string, size: number, pause: () => Promise<unknown> = nextRound
): Promise<void> {
  for (let at = 0; at < text.length; at += size) {
    caller.send(text.slice(at, at + size))
    await pause()
  }
}
