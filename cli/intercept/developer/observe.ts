import type { Duplex } from 'node:stream'
import type { StreamWatch } from './stream-watch.ts'

/**
 * Shows a watch what passes between two streams that are spliced already, so that each piece is written on before it is
 * looked at. To be called in the same tick as the splice, before anything flows.
 */
export function observe (caller: Duplex, program: Duplex, watch: StreamWatch): void {
  caller.on('data', (bytes: Buffer) => { watch.toProgram(bytes) })
  program.on('data', (bytes: Buffer) => { watch.fromProgram(bytes) })
  program.on('end', () => { watch.programEnded() })
  caller.on('close', () => { watch.closed('caller') })
  program.on('close', () => { watch.closed('program') })
}
