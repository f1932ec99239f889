import { mapContainers, type PodTemplate, type TemplateContainer, type TemplatePort } from './pod-template.ts'

type HostAlias = { readonly ip: string, readonly hostnames?: readonly string[] }

/**
 * The same template with each list's items told apart by their keys. The API server stores some lists with an item
 * twice, but refuses them in a server-side apply.
 */
export function withUniqueItems (template: PodTemplate): PodTemplate {
  const { imagePullSecrets, hostAliases } = template.spec as PodTemplate['spec'] & { hostAliases?: readonly HostAlias[] }
  const changed = mapContainers(template, withUniquePorts)
  return {
    ...changed,
    spec: {
      ...changed.spec,
      ...(imagePullSecrets !== undefined && { imagePullSecrets: uniqueBy(imagePullSecrets, ({ name = '' }) => name) }),
      ...(hostAliases !== undefined && { hostAliases: joined(hostAliases) })
    }
  }
}

function withUniquePorts (container: TemplateContainer): TemplateContainer {
  if (container.ports === undefined) return container
  // One that has a name is worth more: probes may use it.
  const ordered = [...container.ports].sort((a, b) => Number(a.name === undefined) - Number(b.name === undefined))
  const kept = new Set(uniqueBy(ordered, keyOf))
  return { ...container, ports: container.ports.filter(port => kept.has(port)) }
}

function keyOf ({ containerPort, protocol = 'TCP' }: TemplatePort): string {
  return `${containerPort}/${protocol}`
}

function joined (aliases: readonly HostAlias[]): readonly HostAlias[] {
  const byIp = new Map<string, readonly string[]>()
  for (const { ip, hostnames = [] } of aliases) byIp.set(ip, [...new Set([...byIp.get(ip) ?? [], ...hostnames])])
  return [...byIp].map(([ip, hostnames]) => ({ ip, hostnames }))
}

function uniqueBy<T> (items: readonly T[], key: (item: T) => string): readonly T[] {
  return items.filter((item, index) => items.findIndex(other => key(other) === key(item)) === index)
}
