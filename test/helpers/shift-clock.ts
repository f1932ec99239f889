/**
 * Loaded before a program (`node --import`) to set its wall clock wrong by `SHIFT_CLOCK_MS`, as a laptop's may be. What
 * JavaScript sees of it, that is; the certificates of TLS are still judged by the machine's.
 */
const shiftMs = Number(process.env['SHIFT_CLOCK_MS'])
const RealDate = Date

class ShiftedDate extends RealDate {
  constructor (...args: readonly unknown[]) {
    if (args.length === 0) super(ShiftedDate.now())
    else super(...args as [number])
  }

  static override now (): number {
    return RealDate.now() + shiftMs
  }
}

globalThis.Date = ShiftedDate as DateConstructor
