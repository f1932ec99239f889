import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFile, realpath, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { SecureContext, SecureVersion } from 'node:tls'
import type { Logger } from '../../common/log.ts'
import { nodeTls } from '../node-modules.ts'

/** One certificate of the app with its key. */
export type AppCertificate = {
  /** The certificate itself, without its chain, DER: what tells it from others. */
  readonly leaf: Buffer
  /** `rsa`, `ec` or another name of Node's. */
  readonly keyType: string
  /** To answer callers with, in this version of TLS alone. */
  readonly contextFor: (version: SecureVersion) => SecureContext
}

/** How often a mounted Secret is looked at; the kubelet itself takes a minute to write a new one. */
const LOOK_EVERY_MS = 10_000
/** An app that does not read its files anew goes on with the certificate that it began with. */
const MAX_KEPT = 4

/** The certificates of one mounted Secret of the type kubernetes.io/tls: the newest, and those it held before. */
export class Certificates {
  readonly #dir: string
  readonly #log: Pick<Logger, 'info' | 'warn'>
  #known: readonly AppCertificate[] = []
  /** What the files were when they were last read, good or bad. */
  #seen: string | undefined
  #timer: NodeJS.Timeout | undefined

  constructor (dir: string, log: Pick<Logger, 'info' | 'warn'>) {
    this.#dir = dir
    this.#log = log
  }

  /** Undefined as long as the Secret held nothing good. */
  get newest (): AppCertificate | undefined {
    return this.#known[0]
  }

  /** @param leaf the certificate that the app showed, DER. */
  find (leaf: Buffer): AppCertificate | undefined {
    return this.#known.find(known => known.leaf.equals(leaf))
  }

  /** Reads the files, now and whenever they change. Never rejects: without a good pair there is none. */
  async start (lookEveryMs = LOOK_EVERY_MS): Promise<void> {
    await this.look()
    this.#timer = setInterval(() => { void this.look() }, lookEveryMs)
    this.#timer.unref()
  }

  stop (): void {
    clearInterval(this.#timer)
  }

  /** Reads the files if they are others than before. Bad ones change nothing. */
  async look (): Promise<void> {
    try {
      // The kubelet changes both at once, by moving a link: behind it they belong together.
      const dir = await realpath(join(this.#dir, '..data')).catch(() => this.#dir)
      const [crt, key] = [join(dir, 'tls.crt'), join(dir, 'tls.key')]
      const seen = (await Promise.all([crt, key].map(identify))).join(' ')
      if (seen === this.#seen) return
      this.#seen = seen
      this.#add(readPair(await readFile(crt, 'utf8'), await readFile(key, 'utf8')))
      this.#log.info({ event: 'tls.certificate-read', dir: this.#dir }, 'certificate of the app read')
    } catch (error) {
      this.#complain(error as NodeJS.ErrnoException)
    }
  }

  #add (certificate: AppCertificate): void {
    const others = this.#known.filter(known => !known.leaf.equals(certificate.leaf))
    this.#known = [certificate, ...others].slice(0, MAX_KEPT)
  }

  #complain ({ code, message }: NodeJS.ErrnoException): void {
    // A Secret that is not there yet is looked for again and again; said is it once.
    if (code === 'ENOENT') {
      if (this.#seen === '') return
      this.#seen = ''
    }
    this.#log.warn({ event: 'tls.certificate-bad', dir: this.#dir, code }, message)
  }
}

async function identify (file: string): Promise<string> {
  const { ino, mtimeMs, size } = await stat(file)
  return `${file}:${ino}:${mtimeMs}:${size}`
}

// Throws what OpenSSL says of files that are no certificate, no key, or do not belong together.
function readPair (cert: string, key: string): AppCertificate {
  const parsed = new X509Certificate(cert)
  const privateKey = createPrivateKey(key)
  if (!parsed.checkPrivateKey(privateKey)) throw new Error('tls.key does not belong to tls.crt')
  const contexts = new Map((['TLSv1.2', 'TLSv1.3'] as const).map(version =>
    [version, nodeTls().createSecureContext({ cert, key, minVersion: version, maxVersion: version })]))
  const fallback = nodeTls().createSecureContext({ cert, key })
  return {
    leaf: parsed.raw,
    keyType: privateKey.asymmetricKeyType ?? '',
    contextFor: version => contexts.get(version as 'TLSv1.2' | 'TLSv1.3') ?? fallback
  }
}
