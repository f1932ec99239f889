import { createHash } from 'node:crypto'
import { COMPANION_VARIABLE, ENVIRONMENT_LABELS, INJECT_LABEL, PORTS } from '../../../common/contract.ts'
import { companionName } from '../../../environments/names.ts'
import type { Manifest } from '../../manifests.ts'
import { companionConfig } from './companion-config.ts'
import type { CompanionImage } from './companion-image.ts'
import { companionRules } from './companion-rules.ts'
import type { Header } from './diverted-ports.ts'
import type { CopyPlan } from './environment-plan.ts'
import type { Labels, PodTemplate } from './pod-template.ts'

export type CompanionWish = {
  readonly namespace: string
  readonly environment: string
  readonly header: Header
  readonly copies: readonly CopyPlan[]
  readonly image: CompanionImage
  /** Templates of the copies: where the first one's pod finds a place, the companion finds one. */
  readonly neighbours: readonly PodTemplate[]
}

const FOLDER = '/etc/waylay'
const FILE = 'waylay.yaml'
const RBAC = 'rbac.authorization.k8s.io'

/** Everything of a companion, each after what it needs. @param uid of the Environment. */
export function planCompanion (wish: CompanionWish, uid: string): readonly Manifest[] {
  const { namespace, environment, copies } = wish
  const name = companionName(environment)
  const metadata = { name, namespace, labels: companionLabels(environment) }
  const config = companionConfig(namespace, wish.header, copies)
  const account = {
    apiVersion: 'v1', kind: 'ServiceAccount', metadata, automountServiceAccountToken: false
  }
  const role = {
    apiVersion: `${RBAC}/v1`, kind: 'Role', metadata, rules: companionRules(environment, copies)
  }
  const binding = {
    apiVersion: `${RBAC}/v1`,
    kind: 'RoleBinding',
    metadata,
    roleRef: { apiGroup: RBAC, kind: 'Role', name },
    subjects: [{ kind: 'ServiceAccount', name, namespace }]
  }
  const file = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { [FILE]: config } }
  const deployment = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata,
    spec: {
      replicas: 1,
      revisionHistoryLimit: 1,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      selector: { matchLabels: companionLabels(environment) },
      template: podTemplate(wish, name, config, uid)
    }
  }
  return [account, role, binding, file, deployment]
}

/** On its objects, and what selects its pod. */
export function companionLabels (environment: string): Labels {
  return { [ENVIRONMENT_LABELS.environment]: environment, [ENVIRONMENT_LABELS.part]: 'companion' }
}

/** Labels of its pod: no proxy of anybody's in it, or the original's meshless pods could not be reached as they are. */
export function companionPodLabels (environment: string): Labels {
  return {
    ...companionLabels(environment),
    [INJECT_LABEL]: 'disabled',
    'sidecar.istio.io/inject': 'false',
    'istio.io/dataplane-mode': 'none',
    'kuma.io/sidecar-injection': 'disabled'
  }
}

function podTemplate (wish: CompanionWish, name: string, config: string, uid: string): object {
  const { environment, image, neighbours } = wish
  const { nodeSelector, tolerations, affinity } = neighbours[0]?.spec ?? {}
  const nodeAffinity = affinity?.nodeAffinity
  return {
    metadata: {
      labels: companionPodLabels(environment),
      annotations: {
        'linkerd.io/inject': 'disabled',
        // Another file is another pod.
        'checksum/config': createHash('sha256').update(config).digest('hex')
      }
    },
    spec: {
      serviceAccountName: name,
      automountServiceAccountToken: true,
      enableServiceLinks: false,
      ...(image.imagePullSecrets.length > 0 && { imagePullSecrets: image.imagePullSecrets }),
      ...(nodeSelector !== undefined && { nodeSelector }),
      ...(tolerations !== undefined && { tolerations }),
      ...(nodeAffinity !== undefined && { affinity: { nodeAffinity } }),
      // No runAsUser: OpenShift gives each namespace uids of its own and refuses others. The image names one.
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [companionContainer(wish, uid)],
      volumes: [{ name: 'config', configMap: { name } }]
    }
  }
}

function companionContainer ({ namespace, environment, image }: CompanionWish, uid: string): object {
  return {
    name: 'waylay',
    image: image.image,
    ...(image.imagePullPolicy !== undefined && { imagePullPolicy: image.imagePullPolicy }),
    command: ['node', '/waylay/dist/waylay.js'],
    args: ['up', '-f', `${FOLDER}/${FILE}`, '--output', 'json'],
    env: [{ name: COMPANION_VARIABLE, value: `${namespace}/${environment}/${uid}` }],
    // It says so once its Intercepts stand: a successor is there before its predecessor goes.
    readinessProbe: { httpGet: { path: '/healthz', port: PORTS.health }, periodSeconds: 1, failureThreshold: 3 },
    resources: {
      requests: { cpu: '10m', memory: '64Mi' },
      ...(image.isLimited && { limits: { cpu: '500m', memory: '256Mi' } })
    },
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      readOnlyRootFilesystem: true
    },
    volumeMounts: [{ name: 'config', mountPath: FOLDER, readOnly: true }]
  }
}
