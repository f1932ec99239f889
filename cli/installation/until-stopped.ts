import type { CliDeps } from '../deps.ts'

/**
 * Works until it is done or a signal comes.
 *
 * @returns false when a signal stopped it.
 */
export async function untilStopped (
  command: string, { output, onStopSignal }: CliDeps, work: (signal: AbortSignal) => Promise<void>
): Promise<boolean> {
  const stopping = new AbortController()
  const offSignals = onStopSignal(() => { stopping.abort() })
  try {
    await work(stopping.signal)
    return true
  } catch (error) {
    if (!stopping.signal.aborted) throw error
    output.note(`Stopped before it was done. Run "waylay ${command}" again to go on, or "waylay uninstall" to remove it.`)
    return false
  } finally {
    offSignals()
  }
}
