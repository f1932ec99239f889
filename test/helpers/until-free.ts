import { eventually } from './kube.ts'
import { waylay } from './waylay.ts'

/** The API server tells the time in whole seconds, so two processes may see an end up to one apart. */
const CLOCK_STEP_MS = 1000

/** Waits until no Intercept of a namespace is held any more, and whoever asks now sees it so. */
export async function untilFree (namespace: string, kubeconfig: string): Promise<void> {
  await eventually('the Intercept is free', async () => {
    const { stdout } = await waylay(['list', '-n', namespace, '--output', 'json'], { kubeconfig })
    const { intercepts } = JSON.parse(stdout) as { intercepts: { state: string }[] }
    return intercepts.every(({ state }) => state === 'expired') ? true : undefined
  }, { timeoutMs: 30_000 })
  await new Promise(resolve => setTimeout(resolve, CLOCK_STEP_MS))
}
