import { toWaylayError } from '../../common/errors.ts'
import type { Logger } from '../../common/log.ts'
import type { Bypass } from '../injection/context.ts'
import { addEntry, findEntry, isSame, parseRecord, writeRecord, type BypassEntry, type Trouble } from './record.ts'

/** The one record that all replicas share. */
export type BypassStore = {
  readonly read: () => Promise<{ readonly text: string, readonly version: string } | undefined>
  /** False where it is there already. */
  readonly create: (text: string) => Promise<boolean>
  /** False where it changed since that version, or is gone. */
  readonly replace: (text: string, version: string) => Promise<boolean>
}

export type Bypasses = {
  /** From memory. */
  readonly find: (namespace: string, workload: string) => Bypass | undefined
  /** Holds here at once; resolves when the other replicas can know, or cannot be told. Returns what holds. */
  readonly add: (trouble: Trouble) => Promise<BypassEntry | undefined>
  /** Takes back what turned out to be wrong. */
  readonly takeBack: (entry: BypassEntry) => Promise<void>
  /** The record as it is now; empty when it was deleted. */
  readonly load: (text: string) => void
  readonly active: () => readonly BypassEntry[]
}

export type BypassDeps = {
  readonly store: BypassStore
  readonly sidecarImage: string
  /** The API server's clock: the replicas' own ones may differ. */
  readonly nowMs: () => number
  readonly log: Logger
}

const TRIES = 5

type Change = (entries: readonly BypassEntry[]) => readonly BypassEntry[]

export function createBypasses ({ store, sidecarImage, nowMs, log }: BypassDeps): Bypasses {
  let entries: readonly BypassEntry[] = []
  // Changes of ours that are not in the record yet: a load must not undo them.
  const unwritten = new Set<Change>()
  let writing: Promise<void> = Promise.resolve()

  const write = (change: Change): Promise<void> => {
    unwritten.add(change)
    entries = change(entries)
    writing = writing.then(async () => {
      // All that gathered while the last write was under way go together.
      const changes = [...unwritten]
      if (changes.length === 0) return
      await writeShared(store, before => changes.reduce((kept, next) => next(kept), before)).catch((error: unknown) => {
        log.warn({ event: 'bypass.unwritten', err: toWaylayError(error) }, 'the other replicas do not know of a bypass')
      })
      for (const written of changes) unwritten.delete(written)
    })
    return writing
  }
  return {
    find: (namespace, workload) => {
      const entry = findEntry(entries, { namespace, workload, image: sidecarImage }, nowMs())
      return entry === undefined ? undefined : { why: explain(entry), untilMs: entry.untilMs }
    },
    add: async trouble => {
      const atMs = nowMs()
      await write(before => addEntry(before, trouble, atMs))
      const { namespace, image } = trouble
      return entries.find(entry => isSame(entry, trouble)) ??
        // That of the whole namespace, which no workload's name is needed for.
        findEntry(entries, { namespace, workload: '', image: image ?? sidecarImage }, nowMs())
    },
    takeBack: entry => write(before =>
      before.filter(other => !isSame(other, entry) || other.sinceMs !== entry.sinceMs)),
    load: text => { entries = [...unwritten].reduce((before, change) => change(before), parseRecord(text)) },
    active: () => entries.filter(({ untilMs }) => untilMs > nowMs())
  }
}

async function writeShared (store: BypassStore, change: Change): Promise<void> {
  for (let tries = 0; tries < TRIES; tries++) {
    const known = await store.read()
    const before = parseRecord(known?.text ?? '')
    const after = change(before)
    if (after === before || (after.length === 0 && known === undefined)) return
    const text = writeRecord(after)
    if (known === undefined ? await store.create(text) : await store.replace(text, known.version)) return
  }
  throw new Error(`The record changed ${TRIES} times between reading and writing`)
}

function explain ({ why, untilMs, workload }: BypassEntry): string {
  const until = new Date(untilMs).toISOString().replace(/\.\d+Z$/, 'Z')
  return `${why}; ${workload === undefined ? 'pods of this namespace' : 'its pods'} come without waylay until ${until}`
}
