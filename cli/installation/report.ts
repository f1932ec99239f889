import { VERSION } from '../../common/version.ts'
import type { OutputFormat } from '../deps.ts'
import type { Output } from '../terminal/output.ts'
import { nameOf, type Change, type PlannedChange } from './change.ts'
import type { Restart } from './restarts.ts'

/** What a command of the installation did, or would do. Its form is docs/schemas/install.schema.json. */
export type Outcome = {
  readonly command: 'install' | 'upgrade' | 'uninstall'
  readonly dryRun: boolean
  readonly context: string
  readonly server: string
  /** Installed before; null for none. */
  readonly from: string | null
  /** Installed now; null for none. */
  readonly to: string | null
  readonly objects: readonly PlannedChange[]
  readonly restarts: readonly Restart[]
}

const WORDS: Readonly<Record<Change, string>> = {
  create: 'create', change: 'change', keep: 'keep', remove: 'remove', omit: 'leave out'
}

/** Says to a person what will happen to each object. */
export function noteChanges (output: Output, changes: readonly PlannedChange[]): void {
  for (const { manifest, change } of changes) {
    const why = change === 'omit' ? ': it needs Kubernetes 1.30 or later' : ''
    output.note(`  ${WORDS[change].padEnd(6)} ${nameOf(manifest)}${why}`)
  }
}

/** The result for programs; people have read it by then. */
export function printOutcome (output: Output, format: OutputFormat, { objects, ...outcome }: Outcome): void {
  if (format !== 'json') return
  output.result(JSON.stringify({
    ...outcome,
    cli: VERSION,
    objects: objects.map(({ manifest: { kind, metadata: { name, namespace } }, change }) => ({
      kind, namespace: namespace ?? null, name, change
    }))
  }, null, 2))
}
