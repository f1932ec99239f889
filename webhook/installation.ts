import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import { WaylayError } from '../common/errors.ts'
import { writePublicKey } from '../intercepts/ticket.ts'
import type { Keys } from './certificates/keys.ts'

/** What changes while the webhook runs: the keys in use, and whether requests should come. */
export type Installation = {
  readonly useKeys: (keys: Keys) => void
  readonly markTrusted: () => void
  readonly markDraining: () => void
  /** With a working certificate that the API server has been told to trust. */
  readonly isReady: () => boolean
  readonly isDraining: () => boolean
  /** Signs tickets. */
  readonly ticketKey: () => KeyObject
  /** The public half, as it is written into pods. */
  readonly publicTicketKey: () => string
}

export function createInstallation (): Installation {
  let ticketKey: KeyObject | undefined
  let publicTicketKey: string | undefined
  let isTrusted = false
  let isDraining = false
  return {
    useKeys: keys => {
      ticketKey = createPrivateKey(keys.ticketKey)
      publicTicketKey = writePublicKey(createPublicKey(keys.ticketKey))
    },
    markTrusted: () => { isTrusted = true },
    markDraining: () => { isDraining = true },
    isReady: () => isTrusted && !isDraining,
    isDraining: () => isDraining,
    ticketKey: () => required(ticketKey),
    publicTicketKey: () => required(publicTicketKey)
  }
}

function required<T> (value: T | undefined): T {
  if (value === undefined) throw new WaylayError('WAYLAY_CERTIFICATE_INVALID', 'The keys have not been read yet')
  return value
}
