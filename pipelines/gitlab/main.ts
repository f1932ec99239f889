/**
 * What the jobs of pipelines/gitlab.yml run, out of the npm package: dist/gitlab.js up, dist/gitlab.js down. The
 * command line lies beside it.
 */
import path from 'node:path'
import { runPipeline } from '../pipeline.ts'
import { runWaylay } from '../run-waylay.ts'
import { gitlabJob, readJobWish } from './job.ts'

// Named in `artifacts:reports:dotenv`.
const DOTENV_FILE = 'waylay.env'

async function main ([mode]: readonly string[]): Promise<number> {
  if (mode !== 'up' && mode !== 'down') throw new Error('Say up or down.')
  const job = gitlabJob(process.env, text => { process.stdout.write(text) })
  const program = [process.execPath, path.join(import.meta.dirname, 'waylay.js')]
  const waylay = runWaylay(program, process.env, text => { process.stderr.write(text) })
  const exitCode = await runPipeline(mode, readJobWish(process.env), waylay, job)
  if (mode === 'up' && exitCode === 0) job.save(DOTENV_FILE)
  return exitCode
}

process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`)
  return 1
})
