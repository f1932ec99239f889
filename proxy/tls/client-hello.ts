/** What a caller's first message says of the connection that it wants (RFC 8446, 4.1.2; RFC 5246, 7.4.1.2). */
export type ClientHello = {
  /** server_name (RFC 6066, 3). */
  readonly serverName: string | undefined
  /** The protocols of ALPN (RFC 7301) as sent, each with its length before it; undefined where none is offered. */
  readonly alpn: Buffer | undefined
  /** The same, one by one, latin1. */
  readonly protocols: readonly string[]
  /** Numbers of the versions offered: 0x0303 is TLS 1.2, 0x0304 TLS 1.3. */
  readonly versions: readonly number[]
  readonly cipherSuites: readonly number[]
}

/** The longest message that is read; one with post-quantum key shares has about 2 KiB. */
export const MAX_HELLO_BYTES = 16 * 1024

const RECORD_HANDSHAKE = 22
const RECORD_MAJOR_VERSION = 3
const MAX_RECORD_MINOR_VERSION = 4
const MAX_RECORD_BYTES = 16 * 1024
const RECORD_HEADER_BYTES = 5
const MESSAGE_CLIENT_HELLO = 1
const MESSAGE_HEADER_BYTES = 4

/**
 * Whether a connection that begins with these bytes, of which there is at least one, is TLS: a handshake record with a
 * ClientHello in it. As far as the bytes go: nothing else that callers begin with starts with a 22.
 */
export function looksLikeTls (bytes: Buffer, from: number, to: number): boolean {
  const byte = (index: number): number | undefined => from + index < to ? bytes[from + index] : undefined
  return byte(0) === RECORD_HANDSHAKE &&
    (byte(1) ?? RECORD_MAJOR_VERSION) === RECORD_MAJOR_VERSION &&
    (byte(2) ?? 0) <= MAX_RECORD_MINOR_VERSION &&
    (byte(RECORD_HEADER_BYTES) ?? MESSAGE_CLIENT_HELLO) === MESSAGE_CLIENT_HELLO
}

/** Reads a ClientHello out of a byte stream, whatever pieces and records it comes in. */
export class ClientHelloReader {
  readonly #header = Buffer.alloc(RECORD_HEADER_BYTES)
  #headerBytes = 0
  #recordLeft = 0
  /** The message, header included: first as much as a header, then as much as the header says. */
  #message = Buffer.alloc(MESSAGE_HEADER_BYTES)
  #messageBytes = 0

  /**
   * Takes the next bytes.
   *
   * @returns the message when it is complete; 'none' when this is no ClientHello that we read; 'partial' until then.
   */
  push (bytes: Buffer): ClientHello | 'partial' | 'none' {
    let at = 0
    while (at < bytes.length) {
      at = this.#recordLeft > 0 ? this.#readMessage(bytes, at) : this.#readHeader(bytes, at)
      if (at === -1) return 'none'
      if (this.#isComplete) return readBody(this.#message.subarray(MESSAGE_HEADER_BYTES)) ?? 'none'
    }
    return 'partial'
  }

  get #isComplete (): boolean {
    return this.#message.length > MESSAGE_HEADER_BYTES && this.#messageBytes === this.#message.length
  }

  // Returns how far was read, -1 for what is no record of a handshake.
  #readHeader (bytes: Buffer, at: number): number {
    const taken = bytes.copy(this.#header, this.#headerBytes, at)
    this.#headerBytes += taken
    if (!looksLikeTls(this.#header, 0, Math.min(this.#headerBytes, RECORD_HEADER_BYTES))) return -1
    if (this.#headerBytes === RECORD_HEADER_BYTES) {
      this.#headerBytes = 0
      this.#recordLeft = this.#header.readUInt16BE(3)
      // An empty one is forbidden, and would let a message come in endless records.
      if (this.#recordLeft === 0 || this.#recordLeft > MAX_RECORD_BYTES) return -1
    }
    return at + taken
  }

  #readMessage (bytes: Buffer, at: number): number {
    const taken = bytes.copy(this.#message, this.#messageBytes, at, Math.min(bytes.length, at + this.#recordLeft))
    this.#messageBytes += taken
    this.#recordLeft -= taken
    if (this.#message[0] !== MESSAGE_CLIENT_HELLO) return -1
    if (this.#message.length === MESSAGE_HEADER_BYTES && this.#messageBytes === MESSAGE_HEADER_BYTES) {
      const length = this.#message.readUIntBE(1, 3)
      if (length === 0 || length > MAX_HELLO_BYTES) return -1
      const whole = Buffer.alloc(MESSAGE_HEADER_BYTES + length)
      this.#message.copy(whole)
      this.#message = whole
    }
    return at + taken
  }
}

const EXTENSION_SERVER_NAME = 0
const EXTENSION_ALPN = 16
const EXTENSION_SUPPORTED_VERSIONS = 43
const NAME_TYPE_HOST = 0
const RANDOM_BYTES = 32

// Lengths lie: every read beyond the end throws, and what throws is no ClientHello that we read.
function readBody (body: Buffer): ClientHello | undefined {
  try {
    const legacyVersion = body.readUInt16BE(0)
    let at = 2 + RANDOM_BYTES
    at = vector(body, at, 1).next
    const suites = vector(body, at, 2)
    const { next } = vector(body, suites.next, 1)
    const extensions = next === body.length ? new Map<number, Buffer>() : readExtensions(vector(body, next, 2).bytes)
    const alpn = readAlpn(extensions.get(EXTENSION_ALPN))
    return {
      serverName: readServerName(extensions.get(EXTENSION_SERVER_NAME)),
      alpn,
      protocols: alpn === undefined ? [] : readVectors(alpn),
      versions: readVersions(extensions.get(EXTENSION_SUPPORTED_VERSIONS)) ?? [legacyVersion],
      cipherSuites: readNumbers(suites.bytes)
    }
  } catch {
    return undefined
  }
}

function readExtensions (bytes: Buffer): Map<number, Buffer> {
  const extensions = new Map<number, Buffer>()
  for (let at = 0; at < bytes.length;) {
    const content = vector(bytes, at + 2, 2)
    extensions.set(bytes.readUInt16BE(at), content.bytes)
    at = content.next
  }
  return extensions
}

function readServerName (extension: Buffer | undefined): string | undefined {
  if (extension === undefined) return undefined
  const list = vector(extension, 0, 2).bytes
  return list.readUInt8(0) === NAME_TYPE_HOST ? vector(list, 1, 2).bytes.toString('latin1') : undefined
}

function readAlpn (extension: Buffer | undefined): Buffer | undefined {
  return extension === undefined ? undefined : Buffer.from(vector(extension, 0, 2).bytes)
}

function readVersions (extension: Buffer | undefined): readonly number[] | undefined {
  return extension === undefined ? undefined : readNumbers(vector(extension, 0, 1).bytes)
}

function readNumbers (bytes: Buffer): readonly number[] {
  return Array.from({ length: bytes.length / 2 }, (_, index) => bytes.readUInt16BE(index * 2))
}

function readVectors (bytes: Buffer): readonly string[] {
  const items: string[] = []
  for (let at = 0; at < bytes.length;) {
    const item = vector(bytes, at, 1)
    items.push(item.bytes.toString('latin1'))
    at = item.next
  }
  return items
}

/** @throws {RangeError} when it reaches beyond the end. */
function vector (bytes: Buffer, at: number, lengthBytes: 1 | 2): { readonly bytes: Buffer, readonly next: number } {
  const from = at + lengthBytes
  const next = from + bytes.readUIntBE(at, lengthBytes)
  if (next > bytes.length) throw new RangeError('A length reaches beyond the end')
  return { bytes: bytes.subarray(from, next), next }
}
