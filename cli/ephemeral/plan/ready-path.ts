import type { DivertedPort } from './environment-plan.ts'
import { runningContainers, type PodTemplate } from './pod-template.ts'

/** Path of the request that proves a copy: that of an HTTP readiness probe of a diverted port, or `/`. */
export function readyPath (template: PodTemplate, ports: readonly DivertedPort[]): string {
  for (const { readinessProbe, ports: declared = [] } of runningContainers(template)) {
    const { path, port } = readinessProbe?.httpGet ?? {}
    const number = typeof port === 'string' ? declared.find(({ name }) => name === port)?.containerPort : port
    if (path !== undefined && ports.some(diverted => diverted.port === number)) return path.startsWith('/') ? path : `/${path}`
  }
  return '/'
}
