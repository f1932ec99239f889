import type { WaylayError } from '../../../common/errors.ts'

/** Why standing intercepts end. */
export type Ending =
  /** Ctrl-C and the like. */
  | { readonly kind: 'stopped', readonly signal: NodeJS.Signals }
  /** The developer's own program ended. */
  | { readonly kind: 'command', readonly exitCode: number }
  /** `--wait-for-first-match`: it came, and was answered. */
  | { readonly kind: 'matched' }
  /** `--for` is over. */
  | { readonly kind: 'elapsed' }
  | { readonly kind: 'failed', readonly error: WaylayError }
