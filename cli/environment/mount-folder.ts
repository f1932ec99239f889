import { randomUUID } from 'node:crypto'
import {
  chmodSync, lstatSync, mkdirSync, readdirSync, realpathSync, renameSync, rmdirSync, rmSync, unlinkSync, writeFileSync,
  type BigIntStats
} from 'node:fs'
import path from 'node:path'
import { WaylayError } from '../../common/errors.ts'
import type { MountPlan } from './mount-plan.ts'
import type { VolumeFile } from './volume-files.ts'

/** Which file it is, so that one that somebody else puts in its place is left alone. */
type Identity = Pick<BigIntStats, 'dev' | 'ino'> & { readonly mtimeNs: bigint | undefined }

const FOLDER_MODE = 0o555

/**
 * The pod's files in a folder of the developer's machine. Everything is done at once, without waiting: what is written
 * has to go also when the process is told to leave this moment.
 */
export class MountFolder {
  readonly path: string
  readonly #isOurs: boolean
  readonly #files = new Map<string, Identity>()
  readonly #folders = new Map<string, Identity>()

  /**
   * Makes the folder, or takes an empty one.
   *
   * @throws {WaylayError} `WAYLAY_MOUNT_REFUSED` with the reason.
   */
  constructor (wanted: string) {
    const absolute = path.resolve(wanted)
    this.#isOurs = makeFolder(absolute)
    // Where the folder is a link, what it leads to; from here on nothing is followed.
    this.path = realpathSync(absolute)
  }

  /**
   * Writes everything, read-only.
   *
   * @throws {WaylayError} `WAYLAY_MOUNT_REFUSED`; whatever was written is gone again.
   */
  write (plan: MountPlan): void {
    try {
      for (const folder of plan.folders) {
        const place = this.#placeOf(folder)
        mkdirSync(place, { mode: 0o700 })
        this.#folders.set(place, identityOf(place))
      }
      for (const [name, file] of plan.files) {
        const place = this.#placeOf(name)
        writeNew(place, file)
        this.#files.set(place, identityOf(place))
      }
      for (const place of this.#folders.keys()) chmodSync(place, FOLDER_MODE)
    } catch (cause) {
      this.remove()
      throw refused(this.path, `it cannot be written: ${(cause as Error).message}`, cause)
    }
  }

  /** Puts another content in the place of a file that was written: whoever reads it sees the old one or the new one. */
  replace (name: string, file: VolumeFile): void {
    const place = this.#placeOf(name)
    const folder = path.dirname(place)
    const draft = path.join(folder, `.${randomUUID()}`)
    if (!this.#isStill(place, this.#files.get(place))) return
    const isKnown = this.#folders.has(folder)
    if (isKnown) chmodSync(folder, 0o700)
    try {
      writeNew(draft, file)
      renameSync(draft, place)
      this.#files.set(place, identityOf(place))
    } finally {
      rmSync(draft, { force: true })
      if (isKnown) chmodSync(folder, FOLDER_MODE)
    }
  }

  /** Takes away what was written and nothing else; may be called again. Returns what is left, which is not ours. */
  remove (): readonly string[] {
    for (const [place, identity] of this.#folders) if (this.#isStill(place, identity)) chmodSync(place, 0o700)
    const ours = (known: Iterable<[string, Identity]>): readonly string[] =>
      [...known].filter(([place, identity]) => this.#isStill(place, identity)).map(([place]) => place)
    for (const place of ours(this.#files)) attempt(() => { unlinkSync(place) })
    for (const place of ours(this.#folders).toReversed()) attempt(() => { rmdirSync(place) })
    this.#files.clear()
    this.#folders.clear()
    const left = attempt(() => readdirSync(this.path)) ?? []
    if (this.#isOurs && left.length === 0) attempt(() => { rmdirSync(this.path) })
    return left
  }

  #placeOf (name: string): string {
    return path.join(this.path, ...name.split('/'))
  }

  #isStill (place: string, identity: Identity | undefined): boolean {
    const now = attempt(() => identityOf(place))
    return now !== undefined && identity !== undefined &&
      now.dev === identity.dev && now.ino === identity.ino && now.mtimeNs === identity.mtimeNs
  }
}

/** False where it was there already, and empty. */
function makeFolder (folder: string): boolean {
  try {
    mkdirSync(path.dirname(folder), { recursive: true, mode: 0o700 })
    if (mkdirSync(folder, { recursive: true, mode: 0o700 }) !== undefined) return true
  } catch (cause) {
    // EEXIST: something that is no folder is in the way.
    throw refused(folder, (cause as Error).message, cause)
  }
  const fault = attempt(() => faultOf(folder), 'it cannot be read')
  if (fault === undefined) return false
  throw refused(folder, fault)
}

function faultOf (folder: string): string | undefined {
  const stats = lstatSync(realpathSync(folder))
  if (!stats.isDirectory()) return 'it is no folder'
  if (readdirSync(folder).length > 0) return 'it is not empty'
  const uid = process.getuid?.()
  if (uid === undefined) return undefined
  // Whoever may write there could lead us elsewhere while we do.
  if (stats.uid !== uid) return 'it belongs to somebody else'
  return (stats.mode & 0o002) !== 0 ? 'everybody may write to it' : undefined
}

/** Never over something, never through a link; nobody else may read a secret, not even for a moment. */
function writeNew (place: string, { data, mode, isSecret }: VolumeFile): void {
  writeFileSync(place, data, { flag: 'wx', mode: 0o600 })
  chmodSync(place, (mode & (isSecret ? 0o500 : 0o555)) | 0o400)
}

function identityOf (place: string): Identity {
  const stats = lstatSync(place, { bigint: true })
  // Numbers of files are given again at once. The time of a folder changes with what is in it.
  return { dev: stats.dev, ino: stats.ino, mtimeNs: stats.isDirectory() ? undefined : stats.mtimeNs }
}

function refused (folder: string, why: string, cause?: unknown): WaylayError {
  const hint = why === 'it is not empty'
    ? `If a command that was killed left it behind: chmod -R u+w ${folder} && rm -r ${folder}`
    : 'Name a folder that is empty or not there yet: --mount <folder>'
  return new WaylayError('WAYLAY_MOUNT_REFUSED', `Cannot use ${folder} for the pod's files: ${why}`, { cause, hint })
}

function attempt<T> (action: () => T): T | undefined
function attempt<T> (action: () => T, otherwise: T): T
function attempt<T> (action: () => T, otherwise?: T): T | undefined {
  try {
    return action()
  } catch {
    return otherwise
  }
}
