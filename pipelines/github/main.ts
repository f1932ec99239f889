import { tmpdir } from 'node:os'
import { VERSION } from '../../common/version.ts'
import { runPipeline } from '../pipeline.ts'
import { runWaylay } from '../run-waylay.ts'
import { findWaylay } from './install.ts'
import { createRunner } from './runner.ts'
import { readSettings } from './settings.ts'

const runner = createRunner(process.env['GITHUB_OUTPUT'], text => { process.stdout.write(text) })

async function main (): Promise<number> {
  const settings = readSettings(process.env)
  runner.setOutput('skipped', String(settings.skip !== undefined))
  if (settings.skip !== undefined) {
    runner.notice(settings.skip)
    return 0
  }
  const { WAYLAY_KUBECONFIG_DATA: kubeconfig, WAYLAY_TOKEN: token } = settings.login
  for (const secret of [kubeconfig, token]) if (secret !== undefined) runner.mask(secret)
  const folder = process.env['RUNNER_TEMP'] ?? tmpdir()
  const version = settings.version === '' ? VERSION : settings.version
  const program = await findWaylay({ version, program: settings.program, folder, env: process.env })
  const { mode, wish, pull, run, login } = settings
  const waylay = runWaylay(program, { ...process.env, ...login }, runner.passOn)
  return await runPipeline(mode, wish, waylay, { ...runner, pull, run })
}

process.exitCode = await main().catch((error: unknown) => {
  runner.error(error instanceof Error ? error.message : String(error))
  return 1
})
