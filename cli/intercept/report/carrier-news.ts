import type { StandClock } from '../../clock.ts'

/** What is told of the way to a pod. */
export type CarrierChange =
  | { readonly kind: 'lost' }
  | { readonly kind: 'resumed', readonly afterMs: number }

// A planned change of carrier, and a pod's sidecar that starts again, are over by then.
const QUIET_MS = 2000

/** Tells of a loss that lasts, and of its end; says nothing of one that is over soon. */
export class CarrierNews {
  readonly #clock: StandClock
  readonly #tell: (state: CarrierChange) => void
  #lostAtMs: number | undefined
  #isTold = false
  #cancel: () => void = () => {}

  constructor (clock: StandClock, tell: (state: CarrierChange) => void) {
    this.#clock = clock
    this.#tell = tell
  }

  lost (): void {
    if (this.#lostAtMs !== undefined) return
    this.#lostAtMs = this.#clock.now()
    this.#cancel = this.#clock.after(QUIET_MS, () => {
      this.#isTold = true
      this.#tell({ kind: 'lost' })
    })
  }

  resumed (): void {
    if (this.#lostAtMs === undefined) return
    const afterMs = this.#clock.now() - this.#lostAtMs
    const wasTold = this.#isTold
    this.stop()
    if (wasTold) this.#tell({ kind: 'resumed', afterMs })
  }

  stop (): void {
    this.#cancel()
    this.#lostAtMs = undefined
    this.#isTold = false
  }
}
