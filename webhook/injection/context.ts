import type { SidecarImage } from './containers.ts'

/** What the plan depends on besides the pod. */
export type InjectionContext = {
  /** From the request: the pod's own field may still be empty at admission. */
  readonly namespace: string
  readonly namespaceLabels: Readonly<Record<string, string>>
  /** Defaults for the pod's annotations. */
  readonly namespaceAnnotations: Readonly<Record<string, string>>
  /** Where waylay itself lives. */
  readonly systemNamespace: string
  readonly sidecar: SidecarImage
  /** Ed25519 public key that signs tickets: SubjectPublicKeyInfo, DER, base64. */
  readonly ticketKey: string
  /** Numeric targetPorts of Services that select the pod. */
  readonly servicePorts: readonly number[]
}
