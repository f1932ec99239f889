import { waylay } from './waylay.ts'

/** Whatever a test did to the installation: the files after it find this version as `waylay install` makes it. */
export async function restoreInstallation (): Promise<void> {
  await waylay(['uninstall'])
  const { exitCode, stderr } = await waylay(['install'])
  if (exitCode !== 0) throw new Error(`waylay cannot be installed again: ${stderr}`)
}

/** The same where how it is set up was not changed: a few seconds where it is there and fine. */
export async function mendInstallation (): Promise<void> {
  const { exitCode } = await waylay(['install', '--force-conflicts'])
  if (exitCode !== 0) await restoreInstallation()
}
