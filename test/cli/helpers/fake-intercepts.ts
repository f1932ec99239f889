import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { VERSION } from '../../../common/version.ts'
import type { Intercept, InterceptStatus } from '../../../intercepts/object.ts'
import { signTicket } from '../../../intercepts/ticket.ts'

export type Answer = { readonly status: number, readonly body: object }
type EventType = 'ADDED' | 'MODIFIED' | 'DELETED'
export type Tell = (type: EventType, object: Intercept) => void

type PatchOperation = { readonly op: string, readonly path: string, readonly value: unknown }

const TICKET_LIFE_MS = 60 * 60 * 1000

/** The Intercepts of the fake API server: versions, preconditions and the webhook's stamps, from memory. */
export class FakeIntercepts {
  readonly objects = new Map<string, Intercept>()
  /** What signs tickets: the public half is in the pods. */
  readonly keys = generateKeyPairSync('ed25519')
  /** Whose requests they are: what the API server authenticated. */
  user = 'maria'
  readonly #tell: Tell
  readonly #now: () => number
  readonly #past: { readonly version: number, readonly type: EventType, readonly object: Intercept }[] = []
  #version = 1

  constructor (tell: Tell, now: () => number) {
    this.#tell = (type, object) => {
      this.#past.push({ version: this.#version, type, object })
      tell(type, object)
    }
    this.#now = now
  }

  get version (): string {
    return String(this.#version)
  }

  /** What a watch from that version on is told first: nothing between a look and the watch is lost. */
  since (version: number): readonly { readonly type: EventType, readonly object: Intercept }[] {
    return this.#past.filter(event => event.version > version).map(({ type, object }) => ({ type, object }))
  }

  answer (method: string, name: string, isStatus: boolean, body: unknown): Answer {
    const found = this.objects.get(name)
    if (found === undefined) return { status: 404, body: { message: `"${name}" not found`, details: { name } } }
    switch (method) {
      case 'PATCH': return isStatus ? this.#patchStatus(found, body as readonly PatchOperation[]) : conflict(name)
      case 'PUT': return this.#update(found, body as Intercept)
      case 'DELETE': return this.#delete(found, (body as { preconditions?: Preconditions } | undefined)?.preconditions ?? {})
      default: return { status: 200, body: found }
    }
  }

  create ({ spec, metadata, ...rest }: Intercept, isDryRun: boolean): Answer {
    if (this.objects.has(metadata.name)) return conflict(metadata.name)
    const creationTimestamp = new Date(this.#now()).toISOString()
    const object = { ...rest, spec, metadata: { ...metadata, uid: randomUUID(), creationTimestamp } }
    const stamped = this.#stamp(object, this.#now())
    return { status: 201, body: isDryRun ? stamped : this.#store(stamped, 'ADDED') }
  }

  /** As somebody else, or the webhook's sweep, might. */
  remove (name: string): void {
    const object = this.objects.get(name)
    this.objects.delete(name)
    this.#version++
    if (object === undefined) return
    this.#tell('DELETED', { ...object, metadata: { ...object.metadata, resourceVersion: this.version } })
  }

  /** Somebody else takes it over, from another process on another machine. */
  takeOver (name: string, owner: string, host: string): void {
    const found = this.objects.get(name)
    if (found === undefined) return
    const user = this.user
    this.user = owner
    const sessionKey = generateKeyPairSync('ed25519').publicKey.export({ format: 'der', type: 'spki' }).toString('base64')
    this.#update(found, { ...found, spec: { ...found.spec, sessionKey, host } })
    this.user = user
  }

  /** Moves what is known of its last renewal into the past. */
  age (name: string, byMs: number): void {
    const found = this.objects.get(name)
    if (found === undefined) return
    const renewedMs = found.status?.renewTime === undefined ? this.#now() : Date.parse(found.status.renewTime)
    const renewTime = new Date(renewedMs - byMs).toISOString()
    const fence = (found.spec.fence ?? this.#now()) - byMs
    const metadata = { ...found.metadata, creationTimestamp: new Date(fence).toISOString() }
    this.objects.set(name, { ...found, metadata, spec: { ...found.spec, fence }, status: { renewTime, fence } })
  }

  #patchStatus (found: Intercept, operations: readonly PatchOperation[]): Answer {
    const seen: Readonly<Record<string, unknown>> = { '/metadata/uid': found.metadata.uid, '/spec/fence': found.spec.fence }
    const failed = operations.find(({ op, path, value }) => op === 'test' && seen[path] !== value)
    if (failed !== undefined) return { status: 422, body: { message: `testing path ${failed.path} failed` } }
    const status = operations.find(({ path }) => path === '/status')?.value as InterceptStatus
    return { status: 200, body: this.#store({ ...found, status }, 'MODIFIED') }
  }

  #update (found: Intercept, wanted: Intercept): Answer {
    if (wanted.metadata.resourceVersion !== found.metadata.resourceVersion) return conflict(found.metadata.name)
    const isSame = found.spec.sessionKey === wanted.spec.sessionKey && found.spec.owner === this.user
    const fence = isSame ? found.spec.fence ?? 0 : Math.max(this.#now(), (found.spec.fence ?? 0) + 1)
    const { status } = found
    const { metadata, spec } = wanted
    const object = this.#stamp({ ...found, metadata, spec, ...(status && { status }) }, fence)
    return { status: 200, body: this.#store(object, 'MODIFIED') }
  }

  #delete (found: Intercept, { uid, resourceVersion }: Preconditions): Answer {
    const { metadata } = found
    const isWrong = (uid !== undefined && uid !== metadata.uid) ||
      (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion)
    if (isWrong) return conflict(metadata.name)
    this.remove(metadata.name)
    return { status: 200, body: found }
  }

  /** As the webhook would. */
  #stamp (object: Intercept, fence: number): Intercept {
    const { name: intercept, namespace } = object.metadata
    const stamps = { owner: this.user, fence }
    const ticket = signTicket(
      { ...object.spec, ...stamps, intercept, namespace, notAfter: this.#now() + TICKET_LIFE_MS, version: VERSION },
      this.keys.privateKey)
    return { ...object, spec: { ...object.spec, ...stamps, ticket } }
  }

  #store (object: Intercept, type: EventType): Intercept {
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(++this.#version) } }
    this.objects.set(object.metadata.name, stored)
    this.#tell(type, stored)
    return stored
  }
}

type Preconditions = { readonly uid?: string, readonly resourceVersion?: string }

function conflict (name: string): Answer {
  return { status: 409, body: { message: 'conflict', reason: 'Conflict', details: { name } } }
}
