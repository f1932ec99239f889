import { stringify } from 'yaml'
import type { CopyPlan } from './environment-plan.ts'
import type { Header } from './diverted-ports.ts'

/** waylay.yaml of a companion: for each copy, the marked requests to the original go to the copy's Service. */
export function companionConfig (namespace: string, header: Header, copies: readonly CopyPlan[]): string {
  const intercepts = copies.map(({ copy, original, ports }) => [copy, {
    workload: original.id,
    port: ports.map(({ port }) => `${copy}.${namespace}.svc:${port}:${port}`),
    'http-header': [plain(`${header.name}=${header.value}`)]
  }])
  return stringify({ namespace, intercepts: Object.fromEntries(intercepts) as object })
}

/** The file's reader puts variables into texts. */
function plain (text: string): string {
  return text.replaceAll('$', '$$$$')
}
