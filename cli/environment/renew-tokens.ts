import { toWaylayError } from '../../common/errors.ts'
import type { MountFolder } from './mount-folder.ts'
import type { TokenFile } from './token-file.ts'
import type { VolumeFile } from './volume-files.ts'

// As the kubelet does it: after 80 % of a token's time, and once a day in any case.
const RENEW_SHARE = 0.8
const LONGEST_MS = 24 * 3_600_000
const RETRY_MS = 60_000

/** Keeps the tokens in a folder from ending. Returns what stops it. */
export function renewTokens (
  folder: MountFolder, files: ReadonlyMap<string, VolumeFile>, note: (line: string) => void
): () => void {
  const timers = new Map<string, NodeJS.Timeout>()
  let isStopped = false

  const schedule = (name: string, file: VolumeFile, token: TokenFile, inMs = renewalInMs(token)): void => {
    const timer = setTimeout(() => { void renew(name, file, token) }, inMs)
    timer.unref()
    timers.set(name, timer)
  }
  const renew = async (name: string, file: VolumeFile, token: TokenFile): Promise<void> => {
    try {
      const next = await token.renew()
      if (isStopped) return
      folder.replace(name, { ...file, data: Buffer.from(next.token), token: next })
      schedule(name, file, next)
    } catch (error) {
      if (isStopped) return
      note(`Warning: the token /${name} is not renewed: ${toWaylayError(error).message}`)
      schedule(name, file, token, RETRY_MS)
    }
  }

  for (const [name, file] of files) if (file.token !== undefined) schedule(name, file, file.token)
  return () => {
    isStopped = true
    for (const timer of timers.values()) clearTimeout(timer)
  }
}

/** Counted from now on this machine's clock, which need not be the API server's: never at once. */
function renewalInMs ({ expiresAtMs }: TokenFile): number {
  const lifeMs = Number.isFinite(expiresAtMs) ? expiresAtMs - Date.now() : 0
  return Math.min(Math.max(lifeMs * RENEW_SHARE, RETRY_MS), LONGEST_MS)
}
