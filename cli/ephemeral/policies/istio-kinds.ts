import type { Manifest } from '../../manifests.ts'
import { selects, type Labels } from './label-selector.ts'
import type { CopyPods } from './network-facts.ts'

/** What is cloned, by group. */
export const ISTIO_KINDS: Readonly<Record<string, readonly string[]>> = {
  'security.istio.io': ['AuthorizationPolicy', 'PeerAuthentication', 'RequestAuthentication'],
  'networking.istio.io': ['Sidecar']
}

/** A policy of Istio, as far as it is read here. */
export type IstioPolicy = Manifest & {
  readonly metadata: { readonly annotations?: Labels }
  readonly spec?: IstioSpec
}

export type IstioSpec = {
  readonly selector?: { readonly matchLabels?: Labels }
  /** As a Sidecar calls its selector. */
  readonly workloadSelector?: { readonly labels?: Labels }
  readonly targetRef?: ServiceReference
  readonly targetRefs?: readonly ServiceReference[]
  readonly action?: string
  readonly rules?: readonly AuthorizationRule[]
}

export type AuthorizationRule = {
  readonly from?: readonly { readonly source?: Readonly<Record<string, readonly string[]>> }[]
  readonly to?: readonly unknown[]
  readonly when?: readonly {
    readonly key: string
    readonly values?: readonly string[]
    readonly notValues?: readonly string[]
  }[]
}

/** For policies that a waypoint keeps to. */
type ServiceReference = { readonly group?: string, readonly kind: string, readonly name: string }

/** Whether it is about the original's pods, and about the copy's. Without a selector it is about the namespace's. */
export function coverage ({ spec = {} }: IstioPolicy, pods: CopyPods): { isOriginal: boolean, isCopy: boolean } {
  const references = [...spec.targetRefs ?? [], ...spec.targetRef === undefined ? [] : [spec.targetRef]]
  if (references.length > 0) {
    const isOriginal = references.some(({ kind, name }) => kind === 'Service' && pods.services.includes(name))
    return { isOriginal, isCopy: false }
  }
  const matchLabels = spec.selector?.matchLabels ?? spec.workloadSelector?.labels ?? {}
  return { isOriginal: selects({ matchLabels }, pods.original), isCopy: selects({ matchLabels }, pods.labels) }
}

/** The same, for the copy in the original's place. */
export function aboutCopy (spec: IstioSpec, { copy }: CopyPods, labels: Labels): IstioSpec {
  const selectors = ['selector', 'workloadSelector', 'targetRef', 'targetRefs']
  const rest = Object.fromEntries(Object.entries(spec).filter(([field]) => !selectors.includes(field)))
  if (spec.targetRef !== undefined || spec.targetRefs !== undefined) {
    return { targetRefs: [{ group: '', kind: 'Service', name: copy }], ...rest }
  }
  return spec.workloadSelector === undefined
    ? { selector: { matchLabels: labels }, ...rest }
    : { workloadSelector: { labels }, ...rest }
}
