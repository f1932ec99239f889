import { ANNOTATIONS, ENVIRONMENT_LABELS, INJECT_LABEL } from '../../../common/contract.ts'
import type { Labels } from './pod-template.ts'

/**
 * Labels by which other admission webhooks and node agents decide what a pod gets: an identity in the cloud, the proxy
 * of a service mesh, a tracer. Without them the copy would not be the same app.
 */
const READ_BY_OTHERS: readonly RegExp[] = [
  // Identities in Azure.
  /^azure\.workload\.identity\//, /^aadpodidbinding$/,
  // Meshes: who opted out must stay out, and the other way round.
  /^sidecar\.istio\.io\/inject$/, /^istio\.io\/(rev|dataplane-mode|use-waypoint)$/, /^kuma\.io\//,
  /^linkerd\.io\/inject$/, /^openservicemesh\.io\/sidecar-injection$/,
  // Observability.
  /^admission\.datadoghq\.com\//, /^tags\.datadoghq\.com\//,
  /^sidecar\.opentelemetry\.io\/inject$/, /^instrumentation\.opentelemetry\.io\//,
  // Secrets, network and admission by label.
  /^vault\.hashicorp\.com\//, /^dapr\.io\//, /^kueue\.x-k8s\.io\/queue-name$/
]

/** By these its Deployment and its Service select a copy's pods. They never change. */
export function selectorOf (environment: string, copy: string): Labels {
  return { [ENVIRONMENT_LABELS.environment]: environment, [ENVIRONMENT_LABELS.copy]: copy }
}

/** On the copy's own objects. */
export function copyLabels (environment: string, copy: string): Labels {
  return { ...selectorOf(environment, copy), [ENVIRONMENT_LABELS.part]: 'copy' }
}

/** The labels of the original's pods that the copy's pods need too. @param keys of more, as somebody named them. */
export function keptLabels (labels: Labels, keys: readonly string[]): Labels {
  return Object.fromEntries(Object.entries(labels).filter(([key]) =>
    keys.includes(key) || READ_BY_OTHERS.some(known => known.test(key))))
}

/**
 * Labels of a copy's pods. One whose app carries headers on must come by the webhook, which puts nothing else into it;
 * any other is none of its business.
 */
export function podLabels (environment: string, copy: string, kept: Labels, isPropagating: boolean): Labels {
  return { ...kept, ...copyLabels(environment, copy), [INJECT_LABEL]: isPropagating ? 'enabled' : 'disabled' }
}

/** Annotations of the original's pods, without ours. @param language of `waylay.dev/propagate`, where it has one. */
export function podAnnotations (annotations: Labels, language: string | undefined): Labels {
  const others = Object.entries(annotations).filter(([key]) => !key.startsWith('waylay.dev/'))
  return { ...Object.fromEntries(others), ...(language !== undefined && { [ANNOTATIONS.propagate]: language }) }
}
