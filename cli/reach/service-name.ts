/** A Service as callers in the cluster name it, and the one pod of it that they may mean. */
export type ServiceName = { readonly name: string, readonly namespace: string, readonly hostname?: string }

// RFC 1123; it becomes part of an API path.
const LABEL = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/

/**
 * What Service a host may be: `name`, `name.namespace`, `name.namespace.svc` with any domain behind it, and
 * `pod.name.namespace.svc…` of a headless one. Whether it is there is another question.
 *
 * @param namespace where a bare name belongs.
 */
export function toServiceName (host: string, namespace: string): ServiceName | undefined {
  const labels = host.toLowerCase().replace(/\.$/, '').split('.')
  if (!labels.every(label => LABEL.test(label))) return undefined
  const [first = '', second, third, fourth] = labels
  if (second === undefined) return { name: first, namespace }
  if (third === undefined || third === 'svc') return { name: first, namespace: second }
  return fourth === 'svc' ? { hostname: first, name: second, namespace: third } : undefined
}
