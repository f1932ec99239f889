import type { Wire, WireListener } from './wire.ts'

/**
 * Copies bytes both ways until both sides are done: backpressure, half-close and resets travel through. Takes both
 * wires over.
 */
export function spliceWires (a: Wire, b: Wire): void {
  a.listen(copyTo(a, b))
  b.listen(copyTo(b, a))
  catchUp(a, b)
  catchUp(b, a)
}

function copyTo (from: Wire, to: Wire): WireListener {
  return {
    onBytes: (bytes, start, end) => {
      if (!to.writeCopy(bytes, start, end)) from.setPaused(true)
    },
    onEnd: () => to.end(),
    onDrain: () => to.setPaused(false),
    onGone: failed => {
      if (failed) to.reset()
    }
  }
}

/** What happened before anybody copied. */
function catchUp (from: Wire, to: Wire): void {
  if (from.ended) to.end()
  else if (from.destroyed) to.reset()
  from.setPaused(to.needsDrain)
}
