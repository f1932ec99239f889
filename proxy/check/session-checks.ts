import { WaylayError } from '../../common/errors.ts'
import type { Match } from '../../intercepts/match.ts'
import type { Check, Checked } from '../../tunnel/control-messages.ts'
import { whyForbidden } from '../../tunnel/forbidden-address.ts'
import { ownAddresses } from '../own-addresses.ts'
import type { CheckAnswer } from './check-answer.ts'
import { writeCheckRequest } from './check-request.ts'
import { sendCheck } from './send-check.ts'

/** One after the other; whoever has more waiting is not asking but flooding. */
const MAX_WAITING = 16
const TIMEOUT_MS = 3000

export type SessionChecksDeps = {
  /** The match of an intercept that this session holds here. */
  readonly matchOf: (intercept: string) => Match | undefined
  readonly send: (checked: Checked) => void
  readonly timeoutMs?: number
  /** Why an address may not be called; tests call themselves. */
  readonly whyForbidden?: (address: string) => string | undefined
}

/** The checks that one developer's session asks for, one at a time. */
export class SessionChecks {
  readonly #deps: SessionChecksDeps
  readonly #waiting: Check[] = []
  readonly #over = new AbortController()
  #isBusy = false

  constructor (deps: SessionChecksDeps) {
    this.#deps = deps
  }

  /** @throws {WaylayError} `WAYLAY_TUNNEL_PROTOCOL` when too many wait: the session must end. */
  add (check: Check): void {
    if (this.#waiting.length >= MAX_WAITING) {
      throw new WaylayError('WAYLAY_TUNNEL_PROTOCOL', `More than ${MAX_WAITING} checks wait for the one before them`)
    }
    this.#waiting.push(check)
    if (!this.#isBusy) void this.#run()
  }

  /** The session is over. */
  close (): void {
    this.#waiting.length = 0
    this.#over.abort()
  }

  async #run (): Promise<void> {
    this.#isBusy = true
    for (let check = this.#waiting.shift(); check !== undefined; check = this.#waiting.shift()) {
      const startedMs = performance.now()
      const answer = await this.#ask(check)
      const { intercept, nonce } = check
      const durationMs = Math.round((performance.now() - startedMs) * 10) / 10
      if (!this.#over.signal.aborted) this.#deps.send({ type: 'checked', intercept, nonce, durationMs, ...answer })
    }
    this.#isBusy = false
  }

  async #ask ({ intercept, nonce, via, tls }: Check): Promise<CheckAnswer> {
    const match = this.#deps.matchOf(intercept)
    if (match === undefined) return { reason: 'not checked: this session holds no such intercept here' }
    if (!NONCE.test(nonce) || !nonce.startsWith(`${intercept}.`)) return { reason: 'not checked: the nonce is none of this intercept' }
    // Packets to an address of the pod's own leave by lo and are never redirected: see docs/redirect.md.
    if (via === undefined) return { reason: 'not checked: a pod cannot call itself as its callers do' }
    const forbidden = this.#deps.whyForbidden ?? (address => whyForbidden(address, ownAddresses()))
    const why = forbidden(via.host)
    if (why !== undefined) return { reason: `not checked: ${why}` }
    const { host, port } = via
    const request = writeCheckRequest(match, `${host.includes(':') ? `[${host}]` : host}:${port}`, nonce)
    if (typeof request === 'string') return { reason: `not checked: ${request}` }
    const { signal } = this.#over
    if (signal.aborted) return { reason: 'the session ended' }
    return await sendCheck({ host, port, tls, request, nonce, signal, timeoutMs: this.#deps.timeoutMs ?? TIMEOUT_MS })
  }
}

const NONCE = /^[A-Za-z0-9._-]{3,257}$/
