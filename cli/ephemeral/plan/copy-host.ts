import { WaylayError } from '../../../common/errors.ts'
import { mapContainers, type PodTemplate, type TemplateContainer, type TemplatePort } from './pod-template.ts'

/**
 * The original's template without the node's ports: two pods of one node cannot have the same.
 *
 * @param id `kind/name` of the original.
 * @throws {WaylayError} `WAYLAY_COPY_UNFIT` for pods in the node's network.
 */
export function copyHost (id: string, template: PodTemplate) {
  if (template.spec.hostNetwork === true) {
    throw new WaylayError('WAYLAY_COPY_UNFIT', `The pods of ${id} use the node's network (hostNetwork): a copy on the same node would want the same ports`)
  }
  const dropped: number[] = []
  const change = (container: TemplateContainer): TemplateContainer => {
    if (container.ports === undefined) return container
    dropped.push(...container.ports.flatMap(({ hostPort }) => hostPort === undefined ? [] : [hostPort]))
    return { ...container, ports: container.ports.map(withoutHost) }
  }
  const changed = mapContainers(template, change)
  const warnings = dropped.length === 0 ? [] : [`The copy of ${id} has no port of the node (hostPort ${dropped.join(', ')}): ${id} has it.`]
  return { template: changed, warnings }
}

function withoutHost ({ hostPort: _hostPort, hostIP: _hostIP, ...port }: TemplatePort): TemplatePort {
  return port
}
