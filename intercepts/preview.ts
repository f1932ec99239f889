import { createHash, randomBytes } from 'node:crypto'

/** A link that anybody who has it may open: the gateway adds the intercept's headers and asks one Service. */
export type Preview = {
  /** First label of its own origin, `<name>.<preview domain>`: `previewName(tokenDigest)`. No secret. */
  readonly name: string
  /** SHA-256 of the token, hexadecimal. The token itself stands nowhere in the cluster. */
  readonly tokenDigest: string
  /** Service in the Intercept's namespace. */
  readonly service: string
  /** Port of that Service. */
  readonly port: number
  /** RFC 3339. */
  readonly expiresAt: string
  /** Stamped by the webhook, which knows the preview domain. */
  readonly domain?: string
}

/** Previews of one Intercept at most. */
export const MAX_PREVIEWS = 16

/** 26 characters of base32: 130 bits, and short enough for a DNS label. */
const TOKEN_LENGTH = 26
// RFC 4648, 6, in lower case: host names do not tell cases apart.
const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567'
const TOKEN = new RegExp(`^[${BASE32}]{${TOKEN_LENGTH}}$`)

/** Makes the secret part of a shared link, `https://<token>.<preview domain>/`. */
export function newPreviewToken (): string {
  return Array.from(randomBytes(TOKEN_LENGTH), byte => BASE32.charAt(byte % BASE32.length)).join('')
}

/** Whether a host's first label has the form of a token. */
export function isPreviewToken (label: string): boolean {
  return TOKEN.test(label)
}

/** What is stored of a token. */
export function digestPreviewToken (token: string): string {
  return createHash('sha256').update(token).digest('hex')
}

/** The public label of a preview's origin. It can never be taken for a token. */
export function previewName (tokenDigest: string): string {
  return `p-${createHash('sha256').update(`name:${tokenDigest}`).digest('hex').slice(0, 20)}`
}
