import { WaylayError } from '../../common/errors.ts'
import type { ConfigObject } from '../cluster/config-objects.ts'
import type { Cluster } from '../cluster/kubeconfig.ts'
import type { Container, EnvFrom, EnvVar, KeyRef, PodDetail, ResourceFieldRef } from '../cluster/pod-spec.ts'
import type { ConfigKind, ConfigSource } from './config-source.ts'
import { expandReferences } from './expand.ts'
import { fieldValue } from './field-value.ts'
import type { Origin, PodVariable } from './pod-variable.ts'
import { resourceValue } from './resource-value.ts'
import { findSkippedNames } from './skipped-names.ts'
import { toText } from './text.ts'
import type { Warning } from './warning.ts'

export type VariablesOptions = {
  readonly cluster: Cluster
  readonly pod: PodDetail
  readonly container: Container
  readonly source: ConfigSource
  /** Variables of Services: what `$(NAME)` falls back to. */
  readonly links: ReadonlyMap<string, string>
  /** Whether those of the API server's own Service are left out of `links`. */
  readonly isKubernetesUnknown: boolean
  /** Names that nobody wants: they may be unknown. */
  readonly isExcluded: (name: string) => boolean
}

export type Variables = {
  readonly variables: ReadonlyMap<string, PodVariable>
  readonly warnings: readonly Warning[]
  readonly used: ReadonlySet<ConfigObject>
}

type Found = { readonly value: string, readonly origin: Origin, readonly isSecret: boolean }

/** What the pod's own words give: `envFrom`, then `env` in its order, each over what came before it. */
export async function resolveVariables (options: VariablesOptions): Promise<Variables> {
  return await new Resolver(options).run()
}

class Resolver {
  readonly #options: VariablesOptions
  readonly #variables = new Map<string, PodVariable>()
  readonly #warnings: Warning[] = []
  readonly #used = new Set<ConfigObject>()
  readonly #leftOut = new Set<string>()

  constructor (options: VariablesOptions) {
    this.#options = options
  }

  async run (): Promise<Variables> {
    const { container, isExcluded } = this.#options
    for (const envFrom of container.envFrom ?? []) await this.#addAll(envFrom)
    for (const variable of container.env ?? []) {
      const found = await this.#tolerate(variable.name, async () => await this.#find(variable))
      if (found !== undefined) this.#variables.set(variable.name, { name: variable.name, ...found })
    }
    for (const name of [...this.#variables.keys()].filter(isExcluded)) this.#variables.delete(name)
    return { variables: this.#variables, warnings: this.#warnings, used: this.#used }
  }

  async #addAll ({ prefix = '', configMapRef, secretRef }: EnvFrom): Promise<void> {
    const kind = configMapRef === undefined ? 'Secret' : 'ConfigMap'
    const ref = configMapRef ?? secretRef
    if (ref === undefined) return
    const object = await this.#read(kind, ref.name, ref.optional, 'its environment')
    if (object === undefined) return
    const skipped = await findSkippedNames(this.#options.cluster, [...object.data.keys()].map(key => prefix + key))
    for (const name of skipped) {
      this.#warnings.push({ about: name, text: `${name}, a key of ${kind} "${object.name}", is left out: kubelets before Kubernetes 1.32 make no variable of such a name.` })
    }
    for (const [key, bytes] of object.data) {
      const name = prefix + key
      if (skipped.has(name)) continue
      const found = await this.#tolerate(name, async () => this.#fromKey(object, key, bytes, name))
      if (found !== undefined) this.#variables.set(name, { name, ...found })
    }
  }

  /** A variable that is not wanted is looked for all the same, because others may refer to it; it may fail. */
  async #tolerate (name: string, find: () => Promise<Found | undefined>): Promise<Found | undefined> {
    try {
      return await find()
    } catch (error) {
      if (!this.#options.isExcluded(name)) throw error
      this.#variables.delete(name)
      this.#leftOut.add(name)
      return undefined
    }
  }

  /** Undefined where an optional value is not there, or where it is told as a warning that it cannot be known. */
  async #find ({ name, value = '', valueFrom }: EnvVar): Promise<Found | undefined> {
    if (value !== '') return this.#expand(name, value)
    if (valueFrom?.fieldRef !== undefined) {
      const field = fieldValue(valueFrom.fieldRef, this.#options.pod)
      if (field === undefined) throw this.#unknown(name, `there is no field "${valueFrom.fieldRef.fieldPath}"`)
      return { value: field, origin: { kind: 'field' }, isSecret: false }
    }
    if (valueFrom?.resourceFieldRef !== undefined) return await this.#resource(name, valueFrom.resourceFieldRef)
    if (valueFrom?.configMapKeyRef !== undefined) return await this.#key(name, 'ConfigMap', valueFrom.configMapKeyRef)
    if (valueFrom?.secretKeyRef !== undefined) return await this.#key(name, 'Secret', valueFrom.secretKeyRef)
    if (valueFrom?.fileKeyRef !== undefined) {
      const { path, volumeName } = valueFrom.fileKeyRef
      return this.#leaveOut(name, `it is read from the file ${path} of the volume "${volumeName}", which only the pod has`)
    }
    if (valueFrom !== undefined && Object.keys(valueFrom).length > 0) {
      throw this.#unknown(name, `this version does not know ${Object.keys(valueFrom).join(', ')}`)
    }
    return { value: '', origin: { kind: 'value' }, isSecret: false }
  }

  #expand (variable: string, text: string): Found | undefined {
    let isSecret = false
    let unknown: string | undefined
    const value = expandReferences(text, name => {
      const found = this.#variables.get(name)
      if (found?.isSecret === true) isSecret = true
      const result = found?.value ?? this.#options.links.get(name)
      if (result === undefined && this.#isLeftOut(name)) unknown = name
      return result
    })
    if (unknown !== undefined) return this.#leaveOut(variable, `it refers to ${unknown}, which is not known`)
    return { value, origin: { kind: 'value' }, isSecret }
  }

  #isLeftOut (name: string): boolean {
    return this.#leftOut.has(name) || (this.#options.isKubernetesUnknown && name.startsWith('KUBERNETES_'))
  }

  async #key (variable: string, kind: ConfigKind, { name, key, optional }: KeyRef): Promise<Found | undefined> {
    const object = await this.#read(kind, name, optional, variable)
    const bytes = object?.data.get(key)
    if (object !== undefined && bytes !== undefined) return this.#fromKey(object, key, bytes, variable)
    if (optional === true) return undefined
    throw this.#unknown(variable, `${kind} "${name ?? ''}" has no key "${key}"`)
  }

  async #read (
    kind: ConfigKind, name: string | undefined, optional: boolean | undefined, variable: string
  ): Promise<ConfigObject | undefined> {
    const object = await this.#options.source.get(kind, name ?? '')
    if (object !== undefined) this.#used.add(object)
    if (object !== undefined || optional === true) return object
    throw this.#unknown(variable, `there is no ${kind} "${name ?? ''}"`)
  }

  #fromKey ({ kind, name }: ConfigObject, key: string, bytes: Buffer, variable: string): Found {
    const value = toText(bytes)
    if (value === undefined) {
      throw this.#unknown(variable, `key "${key}" of ${kind} "${name}" is no text, and no container can be started with it`)
    }
    return {
      value, origin: { kind: kind === 'Secret' ? 'secret' : 'configMap', name, key }, isSecret: kind === 'Secret'
    }
  }

  async #resource (variable: string, ref: ResourceFieldRef): Promise<Found | undefined> {
    const { pod, container, source } = this.#options
    let result = resourceValue(ref, pod, container, undefined)
    if ('needsNode' in result) {
      const allocatable = await source.allocatable(pod.spec.nodeName ?? '')
      if (allocatable === undefined) {
        return this.#leaveOut(variable, `it is what node "${pod.spec.nodeName ?? ''}" has for pods, and you may not get nodes`)
      }
      result = resourceValue(ref, pod, container, allocatable)
    }
    if ('value' in result) return { value: result.value, origin: { kind: 'resource' }, isSecret: false }
    throw this.#unknown(variable, 'failure' in result ? result.failure : `the node does not say how much ${ref.resource} it has`)
  }

  #leaveOut (name: string, why: string): undefined {
    // A value of before, from `envFrom`, would be a wrong one.
    this.#variables.delete(name)
    this.#leftOut.add(name)
    if (this.#options.isExcluded(name)) return
    this.#warnings.push({ about: name, text: `${name} is left out: ${why}.` })
  }

  #unknown (variable: string, why: string): WaylayError {
    const { pod, container } = this.#options
    return new WaylayError('WAYLAY_ENV_UNKNOWN',
      `Container "${container.name}" of pod ${pod.metadata.name}: ${variable} cannot be known: ${why}`)
  }
}
