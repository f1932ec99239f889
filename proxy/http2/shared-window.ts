import { DEFAULT_WINDOW_BYTES } from '../../http2/frame.ts'

/**
 * The caller's window for DATA on the whole connection (RFC 9113, 5.2 and 6.9). The app believes that it alone sends
 * into it, so what developers send is a debt: it is paid with the caller's next WINDOW_UPDATE frames, of which the app
 * then hears less. Until then the app may send up to the debt too much; that is held (`HeldFrames`).
 *
 *   what the app believes = `leftBytes` + `debtBytes` - bytes of the app that are held
 */
export class SharedWindow {
  /** What the caller will take now. */
  leftBytes = DEFAULT_WINDOW_BYTES
  /** What developers sent and the app has not heard of. */
  debtBytes = 0

  spendForApp (bytes: number): void {
    this.leftBytes -= bytes
  }

  spendForDeveloper (bytes: number): void {
    this.leftBytes -= bytes
    this.debtBytes += bytes
  }

  /** The caller allows more. Returns how much of it the app may hear of. */
  grant (bytes: number): number {
    this.leftBytes += bytes
    const paid = Math.min(this.debtBytes, bytes)
    this.debtBytes -= paid
    return bytes - paid
  }
}
