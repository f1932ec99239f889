import { BAGGAGE_MEMBER, ROUTING_HEADER } from '../common/contract.ts'

/** What `waylay env up --output json` says of an environment that is up, as far as it is told on: docs/output.md. */
export type UpAnswer = {
  readonly name: string
  readonly namespace: string
  readonly header: { readonly name: string, readonly value: string }
  /** ISO 8601. */
  readonly expiresAt: string
}

/** @throws {Error} for what is no such answer. */
export function readUpAnswer (stdout: string): UpAnswer {
  const answer = parse(stdout) as Partial<UpAnswer> | undefined
  const { name, namespace, header, expiresAt } = answer ?? {}
  if (name === undefined || namespace === undefined || header?.value === undefined || expiresAt === undefined) {
    throw new Error(`waylay env up printed no environment: ${stdout.slice(0, 200)}`)
  }
  return { name, namespace, header, expiresAt }
}

/** The baggage member that means the same; only the default header has one. */
export function baggageOf ({ header: { name, value } }: UpAnswer): string {
  return name.toLowerCase() === ROUTING_HEADER ? `${BAGGAGE_MEMBER}=${encodeURIComponent(value)}` : ''
}

/** The link for browsers that `waylay env url --output json` names; empty where there is none. */
export function readUrl (stdout: string): string {
  const { preview } = (parse(stdout) ?? {}) as { readonly preview?: { readonly url?: string } | null }
  return preview?.url ?? ''
}

function parse (json: string): unknown {
  try {
    return JSON.parse(json) as unknown
  } catch {
    return undefined
  }
}
