import { once, type EventEmitter } from 'node:events'
import type { Logger } from '../common/log.ts'

/** Why the process ends. */
export type Stop = 'SIGTERM' | 'SIGINT' | 'crash'

/**
 * Waits until the process is to end. An exception that nobody catches is a bug of ours in one visitor's request; it
 * ends the process as well, but others get their answers first, and the next one does not cut them off.
 *
 * @param events those of the process.
 */
export async function untilStopped (events: EventEmitter, log: Logger): Promise<Stop> {
  const crashed = new Promise<'crash'>(resolve => {
    events.on('uncaughtException', err => {
      log.error({ event: 'preview.crashed', err }, 'uncaught exception')
      resolve('crash')
    })
  })
  return await Promise.race([crashed, ...(['SIGTERM', 'SIGINT'] as const).map(async name => {
    await once(events, name)
    return name
  })])
}
