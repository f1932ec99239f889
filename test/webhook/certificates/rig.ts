import { X509Certificate } from 'node:crypto'
import type { ExecutionContext } from 'ava'
import type { FoundBundle } from '../../../webhook/certificates/bundle.ts'
import { createCheck, type CheckDeps } from '../../../webhook/certificates/check.ts'
import type { SecretEntries } from '../../../webhook/certificates/entries.ts'
import { isTrustedUnder } from '../../../webhook/certificates/judge.ts'
import type { Keys } from '../../../webhook/certificates/keys.ts'
import { fingerprint } from '../../../webhook/certificates/pem.ts'
import type { Annotations, KeyStore } from '../../../webhook/certificates/secret.ts'
import type { Served } from '../../../webhook/certificates/supplied.ts'
import { quietLog } from '../quiet-log.ts'

export const NAMES = ['waylay-webhook.waylay-system.svc']
export const START_MS = Date.UTC(2026, 0, 1)

type Secret = { readonly entries: SecretEntries, readonly annotations: Annotations, readonly version: number }

/** A Secret and a configuration in memory, and a clock that the test turns. */
export class Rig {
  secret: Secret | undefined
  /** The caBundle, as it has been at each time. */
  readonly bundles: { atMs: number, certificates: readonly string[] }[] = [{ atMs: 0, certificates: [] }]
  isInjected = false
  nowMs = 0
  writes = 0
  readonly replicas: Replica[] = []

  get bundle (): readonly string[] {
    return this.bundles.at(-1)?.certificates ?? []
  }

  writeBundle (certificates: readonly string[]): void {
    this.bundles.push({ atMs: this.nowMs, certificates })
  }

  /** The caBundle as an API server has it that sees each change so much later. */
  bundleSeen (lagMs: number): readonly string[] {
    return this.bundles.findLast(({ atMs }) => atMs <= this.nowMs - lagMs)?.certificates ?? []
  }

  writeSecret (entries: SecretEntries, annotations: Annotations = this.secret?.annotations ?? {}): void {
    this.secret = { entries, annotations, version: (this.secret?.version ?? 0) + 1 }
  }

  ask (value: string): void {
    this.writeSecret(this.secret?.entries ?? {}, { ...this.secret?.annotations, 'waylay.dev/rotate': value })
  }

  start (options: ReplicaOptions = {}): Replica {
    const replica = new Replica(this, options)
    this.replicas.push(replica)
    return replica
  }

  /** Every replica looks each so many ms, and all that is true must be true after each look. */
  async run (forMs: number, everyMs: number, mustHold: () => void = () => undefined): Promise<void> {
    for (const endMs = this.nowMs + forMs; this.nowMs < endMs; this.nowMs += everyMs) {
      for (const replica of this.replicas) {
        await replica.check()
        mustHold()
      }
    }
  }

  /** What every replica serves with is trusted by API servers that are fast, and by those that are slow. */
  mustBeTrusted (t: ExecutionContext, lagsMs: readonly number[] = [0, 4500]): void {
    for (const { served } of this.replicas) {
      if (served === undefined) continue
      for (const lagMs of lagsMs) {
        const isTrusted = this.bundleSeen(lagMs).some(anchor => isTrustedUnder(served.pair.certificate, anchor))
        if (!isTrusted) t.fail(`at ${this.nowMs} ms not trusted by an API server ${lagMs} ms behind`)
      }
    }
  }
}

export type ReplicaOptions = {
  /** Of the API server that this one asks. */
  readonly clockAheadMs?: number
  readonly readSupplied?: () => Promise<Served>
  /** Called before and after each write: throws where the replica shall die. */
  readonly onWrite?: (when: 'before' | 'after') => void
}

/** One replica, with the real look. */
export class Replica {
  served: Served | undefined
  keys: Keys | undefined
  isTrusted = false
  readonly events: readonly string[]
  readonly check: () => Promise<number>

  constructor (rig: Rig, options: ReplicaOptions) {
    const { log, events } = quietLog()
    this.events = events
    const deps: CheckDeps = {
      store: storeOf(rig, options),
      readBundle: async () => bundleOf(rig, options),
      ...(options.readSupplied !== undefined && { readSupplied: options.readSupplied }),
      dnsNames: NAMES,
      nowMs: () => START_MS + rig.nowMs + (options.clockAheadMs ?? 0),
      monotonicMs: () => rig.nowMs,
      useKeys: keys => { this.keys = keys },
      serve: served => { this.served = served },
      onTrust: isTrusted => { this.isTrusted = isTrusted },
      log
    }
    this.check = createCheck(deps)
  }

  get serial (): string {
    return new X509Certificate(this.served?.pair.certificate ?? '').serialNumber
  }
}

function storeOf (rig: Rig, { onWrite }: ReplicaOptions): KeyStore {
  const write = (isStill: () => boolean, change: () => void): boolean => {
    onWrite?.('before')
    if (!isStill()) return false
    rig.writes += 1
    change()
    onWrite?.('after')
    return true
  }
  return {
    read: async () => {
      const { secret } = rig
      if (secret === undefined) return undefined
      return {
        entries: secret.entries,
        annotations: secret.annotations,
        replace: async (entries, annotations) =>
          write(() => rig.secret === secret, () => { rig.writeSecret(entries, annotations) })
      }
    },
    create: async entries => write(() => rig.secret === undefined, () => { rig.writeSecret(entries, {}) })
  }
}

function bundleOf (rig: Rig, { onWrite }: ReplicaOptions): FoundBundle {
  const found = rig.bundle
  return {
    certificates: found,
    isInjected: rig.isInjected,
    equals: certificates => namesOf(certificates) === namesOf(found),
    replace: async certificates => {
      onWrite?.('before')
      if (rig.bundle !== found) return false
      rig.writes += 1
      rig.writeBundle(certificates)
      onWrite?.('after')
      return true
    }
  }
}

function namesOf (certificates: readonly string[]): string {
  return certificates.map(fingerprint).sort().join()
}
