import type { EnvVar } from '../../cluster/pod-spec.ts'
import { mapContainers, type Labels, type PodTemplate } from './pod-template.ts'

const LABEL_FIELD = /^metadata\.labels\['(.+)'\]$/

/**
 * Writes the values of labels that the copy does not have into the variables that read them (downward API), so that
 * the app sees what it always saw. A file that reads one stays empty: nothing else can be put in its place.
 *
 * @param labels of the original. @param kept those that the copy has too.
 */
export function keepLabelValues (template: PodTemplate, labels: Labels, kept: Labels) {
  const withValue = (variable: EnvVar): EnvVar => {
    const label = labelOf(variable.valueFrom?.fieldRef)
    if (label === undefined || Object.hasOwn(kept, label)) return variable
    // In a literal, "$(" would be a reference.
    return { name: variable.name, value: (labels[label] ?? '').replaceAll('$', '$$$$') }
  }
  const files = (template.spec.volumes ?? []).flatMap(volume => filesOf(volume).flatMap(item => {
    const label = labelOf(item.fieldRef)
    return label === undefined || Object.hasOwn(kept, label) ? [] : [`${volume.name}/${item.path ?? ''} (label ${label})`]
  }))
  return {
    template: mapContainers(template, container =>
      container.env === undefined ? container : { ...container, env: container.env.map(withValue) }),
    warnings: files.length === 0 ? [] : [`The copy's pods have no such label, so these files of theirs are empty: ${files.join(', ')}.`]
  }
}

type Item = { readonly path?: string, readonly fieldRef?: { readonly fieldPath?: string } }
type Projected = { readonly sources?: readonly { readonly downwardAPI?: Downward }[] }
type Downward = { readonly items?: readonly Item[] }

function filesOf (volume: { readonly [kind: string]: unknown }): readonly Item[] {
  const own = volume['downwardAPI'] as Downward | undefined
  const projected = volume['projected'] as Projected | undefined
  const all = [own, ...(projected?.sources ?? []).map(({ downwardAPI }) => downwardAPI)]
  return all.flatMap(source => source?.items ?? [])
}

function labelOf (field: Item['fieldRef']): string | undefined {
  return LABEL_FIELD.exec(field?.fieldPath ?? '')?.[1]
}
