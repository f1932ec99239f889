import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

/** A link that anybody who has it may open: the gateway adds the intercept's headers and asks one Service. */
export type Preview = {
  /** First label of its own origin, `<name>.<preview domain>`: `previewName(token)`. No secret. */
  readonly name: string
  /** `digestPreviewToken` of the token, which itself stands nowhere in the cluster. */
  readonly tokenDigest: string
  /** Service in the Intercept's namespace. */
  readonly service: string
  /** Port of that Service. */
  readonly port: number
  /** RFC 3339. */
  readonly expiresAt: string
  /** Stamped by the webhook: `preview.example.com`, with `:port` where it is not 443. */
  readonly domain?: string
}

/**
 * Whose preview it is. Developers read each other's Intercepts: a digest without these could be copied into one of
 * one's own, and the visitors with it.
 */
export type PreviewHolder = {
  readonly namespace: string
  /** Name of the Intercept. */
  readonly intercept: string
  /** User name of the Intercept's owner. */
  readonly owner: string
}

/** 26 characters of base32: 130 bits, and short enough for a DNS label. */
const TOKEN_LENGTH = 26
// RFC 4648, 6, in lower case: host names do not tell cases apart.
const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567'
const TOKEN = new RegExp(`^[${BASE32}]{${TOKEN_LENGTH}}$`)
const NAME = /^p-[0-9a-f]{20}$/

/** Makes the secret part of a shared link, `https://<token>.<preview domain>/`. */
export function newPreviewToken (): string {
  return Array.from(randomBytes(TOKEN_LENGTH), byte => BASE32.charAt(byte % BASE32.length)).join('')
}

/**
 * The token that belongs to a text, for whoever knows the secret: the same again.
 *
 * @param secret of 128 bits or more that whoever may open the link may know.
 */
export function derivePreviewToken (secret: string, text: string): string {
  const bytes = createHmac('sha256', secret).update(text).digest()
  return Array.from(bytes.subarray(0, TOKEN_LENGTH), byte => BASE32.charAt(byte % BASE32.length)).join('')
}

/** Whether a host's first label has the form of a token. */
export function isPreviewToken (label: string): boolean {
  return TOKEN.test(label)
}

/** Whether a host's first label has the form of a preview's name. No token has. */
export function isPreviewName (label: string): boolean {
  return NAME.test(label)
}

/** What is stored of a token: SHA-256, hexadecimal. It proves a token for this holder and no other. */
export function digestPreviewToken (token: string, { namespace, intercept, owner }: PreviewHolder): string {
  return createHash('sha256').update(JSON.stringify([namespace, intercept, owner, token])).digest('hex')
}

/** Whether a token is the one of a stored digest. Takes the same time whatever differs. */
export function isTokenOf (tokenDigest: string, token: string, holder: PreviewHolder): boolean {
  const stored = Buffer.from(tokenDigest, 'hex')
  const given = Buffer.from(digestPreviewToken(token, holder), 'hex')
  return stored.length === given.length && timingSafeEqual(stored, given)
}

/** The public label of a preview's origin: 80 bits of a hash of 130 random ones. */
export function previewName (token: string): string {
  return `p-${createHash('sha256').update(`name:${token}`).digest('hex').slice(0, 20)}`
}
