import { podAnnotations, podLabels } from './copy-labels.ts'
import { keepSchedulable } from './keep-schedulable.ts'
import { keepLabelValues } from './label-fields.ts'
import { mapContainers, type Labels, type PodTemplate, type TemplateContainer } from './pod-template.ts'
import { environmentVariable, setVariables, type Variable } from './set-variables.ts'
import { withUniqueItems } from './unique-items.ts'

export type CopyWish = {
  readonly environment: string
  /** Name of the copy. */
  readonly copy: string
  /** By container. */
  readonly images: Readonly<Record<string, string>>
  /** Of the app's containers. */
  readonly variables: readonly Variable[]
  /** Labels of the original that the copy's pods have too. */
  readonly kept: Labels
  /** Language of `waylay.dev/propagate`, where the original's pods have it. */
  readonly language?: string | undefined
}

export type CopiedTemplate = { readonly template: PodTemplate, readonly warnings: readonly string[] }

/** Makes a copy's pod template of the original's. What is not changed here is the same. */
export function copyTemplate (original: PodTemplate, wish: CopyWish): CopiedTemplate {
  const { environment, copy, images, variables, kept, language } = wish
  const { annotations: before = {}, labels = {} } = original.metadata ?? {}
  const app = new Set(original.spec.containers.map(({ name }) => name))
  const change = (container: TemplateContainer): TemplateContainer => {
    const image = images[container.name] ?? container.image
    const wanted = [...app.has(container.name) ? variables : [], environmentVariable(environment)]
    return {
      ...container,
      ...(image !== undefined && { image }),
      env: setVariables(container.env ?? [], wanted)
    }
  }
  const readable = keepLabelValues(original, { ...labels }, kept)
  const template = keepSchedulable(withUniqueItems(mapContainers(readable.template, change)), labels)
  const annotations = podAnnotations(before, language)
  return {
    template: {
      metadata: {
        labels: podLabels(environment, copy, kept, language !== undefined),
        ...(Object.keys(annotations).length > 0 && { annotations })
      },
      spec: template.spec
    },
    warnings: readable.warnings
  }
}
