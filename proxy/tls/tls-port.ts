import type { Certificates } from './certificates.ts'

/** Why TLS is passed untouched on a port where it should be opened. */
export type UntouchedReason =
  /** The Secret is not there, or holds no good pair. */
  | 'tls-no-secret'
  /** The caller offers no version or cipher that we have. */
  | 'tls-caller-unknown'
  /** The app does not answer our handshake. */
  | 'tls-app-refused'
  /** The app asks for a certificate of the caller, which nobody can show in the caller's place. */
  | 'tls-client-certificate'
  /** The app shows another certificate than the Secret's, so the caller would see another one through us. */
  | 'tls-other-certificate'

/** How long an app that cannot be stood for is not tried again: each try is a dial more for the caller. */
const REMEMBERED_MS = 30_000
const MAX_REMEMBERED = 256

/** One port whose TLS is opened. */
export class TlsPort {
  readonly certificates: Certificates
  readonly #now: () => number
  readonly #untouched = new Map<string, { readonly reason: UntouchedReason, readonly untilMs: number }>()

  constructor (certificates: Certificates, now: () => number = () => performance.now()) {
    this.certificates = certificates
    this.#now = now
  }

  /** What a developer's session is told of it. */
  get state (): { readonly tls: 'opened' | 'no-secret' } {
    return { tls: this.certificates.newest === undefined ? 'no-secret' : 'opened' }
  }

  /** Why connections for this name are left alone for now. */
  untouched (serverName: string | undefined): UntouchedReason | undefined {
    const known = this.#untouched.get(serverName ?? '')
    return known !== undefined && known.untilMs > this.#now() ? known.reason : undefined
  }

  leaveAlone (serverName: string | undefined, reason: UntouchedReason): void {
    // Callers choose the names, so their number must have a bound.
    if (this.#untouched.size >= MAX_REMEMBERED) this.#untouched.clear()
    this.#untouched.set(serverName ?? '', { reason, untilMs: this.#now() + REMEMBERED_MS })
  }
}
