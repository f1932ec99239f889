import { waitFor } from '../wait.ts'
import { callApi } from './api.ts'
import { componentCommands } from './components.ts'
import { startProcess } from './processes.ts'
import { isRunning, readState, writeState } from './state.ts'

const NAME = 'kube-apiserver'

/** Kills the API server, leaves it dead for a while, and starts it again; resolves when it answers. */
export async function restartApiServer (downMs: number): Promise<void> {
  const state = await readState()
  const record = state?.processes.find(({ name }) => name === NAME)
  const holder = state?.processes.find(({ name }) => name === 'holder')
  if (state === undefined || record === undefined || holder === undefined) throw new Error('There is no bare cluster to restart a part of')
  process.kill(record.pid, 'SIGKILL')
  await waitFor(async () => isRunning(record) ? undefined : true, { what: `the end of ${NAME}`, timeoutMs: 10_000, everyMs: 10 })
  await new Promise(resolve => setTimeout(resolve, downMs))
  const started = await startProcess(NAME, componentCommands()[NAME], holder.pid)
  const processes = state.processes.map(other => other === record ? started.record : other)
  await writeState({ ...state, processes })
  await Promise.race([
    waitFor(async () => (await callApi('GET', '/readyz')).status === 200 ? true : undefined,
      { what: 'the API server', timeoutMs: 60_000 }),
    started.died.then(error => { throw error })
  ])
}
