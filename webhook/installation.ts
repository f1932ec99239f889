import { createPrivateKey, createPublicKey, X509Certificate, type KeyObject } from 'node:crypto'
import { WaylayError } from '../common/errors.ts'
import { writePublicKey } from '../intercepts/ticket.ts'
import type { Keys } from './certificates/keys.ts'

/** What changes while the webhook runs: the keys in use, and whether requests should come. */
export type Installation = {
  readonly useKeys: (keys: Keys) => void
  /** What the server serves with from now on, in PEM. */
  readonly useCertificate: (certificate: string) => void
  /** Whether the API server trusts it. */
  readonly setTrusted: (isTrusted: boolean) => void
  readonly markDraining: () => void
  /** With a certificate that has not ended and that the API server has been told to trust. */
  readonly isReady: () => boolean
  readonly isDraining: () => boolean
  /** Signs tickets. */
  readonly ticketKey: () => KeyObject
  /** The public half, as it is written into pods. */
  readonly publicTicketKey: () => string
}

/** @param nowMs the API server's clock: it is the one that looks at our certificate. */
export function createInstallation (nowMs: () => number): Installation {
  let ticketKey: KeyObject | undefined
  let publicTicketKey: string | undefined
  let certificateEndMs = 0
  let isTrusted = false
  let isDraining = false
  return {
    useKeys: keys => {
      ticketKey = createPrivateKey(keys.ticketKey)
      publicTicketKey = writePublicKey(createPublicKey(keys.ticketKey))
    },
    useCertificate: certificate => { certificateEndMs = new X509Certificate(certificate).validToDate.getTime() },
    setTrusted: value => { isTrusted = value },
    markDraining: () => { isDraining = true },
    isReady: () => isTrusted && !isDraining && nowMs() < certificateEndMs,
    isDraining: () => isDraining,
    ticketKey: () => required(ticketKey),
    publicTicketKey: () => required(publicTicketKey)
  }
}

function required<T> (value: T | undefined): T {
  if (value === undefined) throw new WaylayError('WAYLAY_CERTIFICATE_INVALID', 'The keys have not been read yet')
  return value
}
