import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { toWaylayError, WaylayError } from '../common/errors.ts'
import type { Logger } from '../common/log.ts'
import type { Pair } from './server.ts'

const PERIOD_MS = 10_000

/**
 * Reads the mounted Secret with the wildcard certificate.
 *
 * @throws {WaylayError} `WAYLAY_CERTIFICATE_SUPPLIED` saying what is wrong with it.
 */
export async function readPair (folder: string, domain: string): Promise<Pair> {
  try {
    const [certificate, key] = await Promise.all(
      ['tls.crt', 'tls.key'].map(async name => await readFile(join(folder, name), 'utf8')))
    if (certificate === undefined || key === undefined) throw new Error('a file is missing')
    const leaf = new X509Certificate(certificate)
    if (!leaf.checkPrivateKey(createPrivateKey(key))) throw new Error('the key is another certificate\'s')
    const host = `p-0.${domain.split(':', 1)[0]}`
    if (leaf.checkHost(host) === undefined) throw new Error(`it is not for *.${host.slice('p-0.'.length)}`)
    return { certificate, key }
  } catch (error) {
    const { message } = toWaylayError(error)
    throw new WaylayError('WAYLAY_CERTIFICATE_SUPPLIED', `The preview certificate cannot be used: ${message.replace('Unexpected failure: ', '')}`, {
      cause: error, hint: 'docs/preview-gateway.md says what the Secret must hold.'
    })
  }
}

export type KeepDeps = {
  readonly read: () => Promise<Pair>
  readonly use: (pair: Pair) => void
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>
  readonly log: Logger
}

/** Serves with the Secret's newest certificate; one that is broken changes nothing, and is told once. Never rejects. */
export async function keepCertificate (
  first: Pair, { read, use, wait, log }: KeepDeps, signal: AbortSignal
): Promise<void> {
  let current = first
  let told: string | undefined
  for (;;) {
    await wait(PERIOD_MS, signal)
    if (signal.aborted) return
    try {
      const pair = await read()
      told = undefined
      if (pair.certificate === current.certificate && pair.key === current.key) continue
      use(pair)
      current = pair
      log.info({ event: 'certificate.renewed' }, 'certificate renewed')
    } catch (error) {
      const failure = toWaylayError(error)
      if (failure.message !== told) log.warn({ event: 'certificate.broken', err: failure, hint: failure.hint }, 'certificate not usable')
      told = failure.message
    }
  }
}
