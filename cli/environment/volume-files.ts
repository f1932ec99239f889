import { WaylayError } from '../../common/errors.ts'
import type { ConfigObject } from '../cluster/config-objects.ts'
import type {
  DownwardSource, KeyToPath, NameRef, ObjectSource, PodDetail, ResourceFieldRef, Volume
} from '../cluster/pod-spec.ts'
import type { ConfigKind, ConfigSource } from './config-source.ts'
import { fieldValue } from './field-value.ts'
import { resourceValue } from './resource-value.ts'
import type { TokenFile } from './token-file.ts'
import type { Warning } from './warning.ts'

/** One file of a volume. */
export type VolumeFile = {
  readonly data: Buffer
  /** As the pod asks for, before anything of this machine is considered. */
  readonly mode: number
  /** For its owner's eyes only. */
  readonly isSecret: boolean
  /** A token that ends, and how another one is had. */
  readonly token?: TokenFile
}

/** A volume's content by path, as the pod writes the paths: nothing has been checked. */
export type VolumeFiles = ReadonlyMap<string, VolumeFile>

export type VolumeOptions = {
  readonly pod: PodDetail
  readonly source: ConfigSource
  /** Undefined: tokens are left out. */
  readonly requestToken: ((audience: string | undefined, expirationSeconds: number) => Promise<TokenFile>) | undefined
  readonly warn: (warning: Warning) => void
}

// What the API server fills in where the pod says nothing.
const DEFAULT_MODE = 0o644
const DEFAULT_TOKEN_SECONDS = 3600
const TOKEN_SECRET = 'kubernetes.io/service-account-token'

/**
 * What a volume holds that is made of ConfigMaps, Secrets, the downward API and tokens; undefined where it is none.
 *
 * @throws {WaylayError} `WAYLAY_FORBIDDEN`, and `WAYLAY_ENV_UNKNOWN` for what is missing and not optional.
 * @see https://github.com/kubernetes/kubernetes/blob/v1.34.4/pkg/volume/projected/projected.go
 */
export async function readVolume (volume: Volume, options: VolumeOptions): Promise<VolumeFiles | undefined> {
  return await new Reader(volume, options).read()
}

class Reader {
  readonly #volume: Volume
  readonly #options: VolumeOptions
  readonly #files = new Map<string, VolumeFile>()
  #mode = DEFAULT_MODE

  constructor (volume: Volume, options: VolumeOptions) {
    this.#volume = volume
    this.#options = options
  }

  async read (): Promise<VolumeFiles | undefined> {
    const { configMap, secret, downwardAPI, projected } = this.#volume
    this.#mode = (configMap ?? secret ?? downwardAPI ?? projected)?.defaultMode ?? DEFAULT_MODE
    if (configMap !== undefined) await this.#addObject('ConfigMap', configMap)
    else if (secret !== undefined) {
      const { secretName = '' } = secret
      await this.#addObject('Secret', { ...secret, name: secretName })
    } else if (downwardAPI !== undefined) await this.#addDownward(downwardAPI)
    else if (projected !== undefined) {
      for (const source of projected.sources ?? []) await this.#addProjected(source)
    } else return undefined
    return this.#files
  }

  async #addProjected (source: NonNullable<NonNullable<Volume['projected']>['sources']>[number]): Promise<void> {
    const { configMap, secret, downwardAPI, serviceAccountToken } = source
    if (configMap !== undefined) return await this.#addObject('ConfigMap', configMap)
    if (secret !== undefined) return await this.#addObject('Secret', secret)
    if (downwardAPI !== undefined) return await this.#addDownward(downwardAPI)
    if (serviceAccountToken === undefined) {
      return this.#warn(`what it takes from ${Object.keys(source).join(', ')} is left out`)
    }
    const { path, audience, expirationSeconds = DEFAULT_TOKEN_SECONDS } = serviceAccountToken
    const token = await this.#options.requestToken?.(audience || undefined, expirationSeconds)
    if (token === undefined) return this.#warn(`the service account's token ${path} is left out: --mount-tokens writes it`)
    this.#files.set(path, { data: Buffer.from(token.token), mode: this.#mode, isSecret: true, token })
  }

  async #addObject (kind: ConfigKind, source: ObjectSource): Promise<void> {
    const object = await this.#read(kind, source)
    if (object === undefined) return
    // ConfigMaps may not have one key in both.
    const all = new Map([...object.binaryData, ...object.data])
    const items = source.items ?? []
    const wanted: Iterable<KeyToPath> = items.length > 0 ? items : [...all.keys()].map(key => ({ key, path: key }))
    for (const { key, path, mode } of wanted) {
      const data = all.get(key)
      if (data === undefined && source.optional !== true) throw this.#unknown(`${kind} "${object.name}" has no key "${key}"`)
      if (data === undefined) continue
      // The old kind of token, which never ends.
      if (object.type === TOKEN_SECRET && key === 'token' && this.#options.requestToken === undefined) {
        this.#warn(`the service account's token ${path} is left out: --mount-tokens writes it`)
      } else {
        this.#files.set(path, { data, mode: mode ?? this.#mode, isSecret: kind === 'Secret' })
      }
    }
  }

  async #read (kind: ConfigKind, { name = '', optional }: NameRef): Promise<ConfigObject | undefined> {
    const object = await this.#options.source.get(kind, name)
    if (object !== undefined || optional === true) return object
    throw this.#unknown(`there is no ${kind} "${name}"`)
  }

  async #addDownward ({ items = [] }: DownwardSource): Promise<void> {
    for (const { path, mode, fieldRef, resourceFieldRef } of items) {
      const text = fieldRef === undefined
        ? await this.#resource(path, resourceFieldRef)
        : fieldValue(fieldRef, this.#options.pod) ?? this.#fail(`there is no field "${fieldRef.fieldPath}"`)
      if (text === undefined) continue
      this.#files.set(path, { data: Buffer.from(text), mode: mode ?? this.#mode, isSecret: false })
    }
  }

  async #resource (path: string, ref: ResourceFieldRef | undefined): Promise<string | undefined> {
    const { pod, source } = this.#options
    if (ref === undefined) return ''
    let result = resourceValue(ref, pod, undefined, undefined)
    if ('needsNode' in result) {
      const allocatable = await source.allocatable(pod.spec.nodeName ?? '')
      if (allocatable === undefined) {
        this.#warn(`the file ${path} is left out: it says what the node has for pods, and you may not get nodes`)
        return undefined
      }
      result = resourceValue(ref, pod, undefined, allocatable)
    }
    return 'value' in result ? result.value : this.#fail('failure' in result ? result.failure : `the node does not say its ${ref.resource}`)
  }

  #warn (text: string): void {
    this.#options.warn({ about: this.#volume.name, text: `Volume "${this.#volume.name}": ${text}.` })
  }

  #fail (why: string): never {
    throw this.#unknown(why)
  }

  #unknown (why: string): WaylayError {
    const { metadata } = this.#options.pod
    return new WaylayError('WAYLAY_ENV_UNKNOWN', `Volume "${this.#volume.name}" of pod ${metadata.name} cannot be known: ${why}`,
      { hint: 'The pod would not start again as it is: correct it, or run without --mount.' })
  }
}
