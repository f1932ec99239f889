import type { Manifest } from '../../manifests.ts'
import { copyLabels, selectorOf } from './copy-labels.ts'
import type { PodTemplate } from './pod-template.ts'

// A step back is taken from the earlier template, which `env up` reads itself.
const REVISION_HISTORY_LIMIT = 2

/** A copy's Deployment: one pod, and a new version of it is ready before the old one goes. */
export function copyDeployment (
  namespace: string, environment: string, copy: string, template: PodTemplate
): Manifest {
  const deployment = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    // Nothing of the original's metadata: what tracks it by label or annotation (Argo CD, Helm) would adopt this, or
    // prune it.
    metadata: { name: copy, namespace, labels: copyLabels(environment, copy) },
    spec: {
      replicas: 1,
      revisionHistoryLimit: REVISION_HISTORY_LIMIT,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      selector: { matchLabels: selectorOf(environment, copy) },
      template
    }
  }
  return deployment
}
