import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { ExecutionContext } from 'ava'
import { parse } from 'yaml'
import { planEnvironment } from '../../../../cli/ephemeral/plan/plan-environment.ts'
import { readWish } from '../../../../cli/ephemeral/up/read-wish.ts'
import type { EnvUpFlags } from '../../../../cli/ephemeral/up/up-flags.ts'
import { newEnvironment } from '../../../../environments/object.ts'
import { startObjectServer, type Discovery, type Objects, type StoredObject } from '../../helpers/object-server.ts'

const FOLDER = fileURLToPath(new URL('golden/', import.meta.url))

/** Originals in, and the environment that is planned for them, as files. */
export type GoldenCase = {
  readonly name: string
  /** `cluster.yaml`: objects by plural, in namespace `shop`, and what the webhook wrote into pods. */
  readonly cluster: GoldenCluster
  /** `flags.yaml`: those of `env up pr-1`. */
  readonly flags: Partial<EnvUpFlags>
  readonly planPath: string
}

type GoldenCluster = {
  readonly objects: Objects
  readonly discovery?: Discovery
  /** For each workload, one injected pod is made of its template. */
  readonly injected: readonly Injected[]
}

type Injected = {
  readonly workload: string
  readonly ports: readonly object[]
  readonly propagate?: string
  readonly image?: string
  readonly ownerReferences?: readonly object[]
  readonly pullSecrets?: readonly object[]
  readonly limits?: object
}

type Templated = StoredObject & {
  readonly spec?: { readonly template?: { readonly metadata: { readonly labels: Readonly<Record<string, string>> } } }
}

const TEN_YEARS_MS = 315_360_000_000

/** Every case, by its folder. */
export function goldenCases (): readonly GoldenCase[] {
  return readdirSync(FOLDER).sort().map(name => ({
    name,
    cluster: readYaml<GoldenCluster>(name, 'cluster.yaml'),
    flags: readYaml<Partial<EnvUpFlags>>(name, 'flags.yaml'),
    planPath: `${FOLDER}${name}/plan.yaml`
  }))
}

/** What the code plans of it now: objects and warnings, without what is different each time. */
export async function planOf (t: ExecutionContext, { cluster: { objects, discovery, injected }, flags }: GoldenCase) {
  const pods = injected.map(pod => podOf(pod, objects))
  const { cluster } = await startObjectServer(t, { ...objects, pods }, discovery)
  const wish = readWish('pr-1', { ttl: 3_600_000, header: 'x-waylay-id', ...flags })
  const existing = newEnvironment('shop', 'pr-1', {
    header: wish.header, value: 'pr-1-abcdefgh', workloads: [], expiresAt: new Date(TEN_YEARS_MS).toISOString(), owner: 'maria'
  })
  const plan = await planEnvironment(cluster, 'shop', wish, existing)
  const { spec, ...root } = plan.environment
  const copies = plan.copies.map(({ original: { id }, ...copy }) => ({ original: id, ...copy }))
  return {
    environment: { ...root, spec: { ...spec, expiresAt: '(later)' } },
    companion: plan.companion('uid-1'),
    copies,
    warnings: plan.warnings
  }
}

function podOf (injected: Injected, objects: Objects): StoredObject {
  const { workload, ports, propagate, image = 'registry.example.org/waylay/sidecar:0.1.0' } = injected
  const [kind = '', name = ''] = workload.split('/')
  const templates = Object.values(objects).flatMap(list => typeof list === 'number' ? [] : list) as readonly Templated[]
  const stored = templates.find(({ metadata, spec }) => metadata.name === name && spec?.template !== undefined)
  const status = { version: '0.1.0', mode: 'iptables', workload, ports, propagate }
  const pod = {
    metadata: {
      name: `${name}-x1`,
      namespace: 'shop',
      uid: `${name}-x1`,
      creationTimestamp: '2026-01-01T00:00:00Z',
      labels: stored?.spec?.template?.metadata.labels ?? {},
      annotations: { 'waylay.dev/status': JSON.stringify(status) },
      ownerReferences: injected.ownerReferences ?? [{ apiVersion: 'apps/v1', kind, name, controller: true }]
    },
    spec: {
      containers: [{ name: 'app' }],
      initContainers: [{
        name: 'waylay-proxy',
        image,
        restartPolicy: 'Always',
        imagePullPolicy: 'IfNotPresent',
        resources: { requests: { cpu: '10m' }, ...(injected.limits !== undefined && { limits: injected.limits }) }
      }],
      imagePullSecrets: injected.pullSecrets ?? []
    },
    status: { phase: 'Running' }
  }
  return pod
}

function readYaml<T> (name: string, file: string): T {
  const path = `${FOLDER}${name}/${file}`
  if (!existsSync(path)) throw new Error(`There is no ${path}`)
  return parse(readFileSync(path, 'utf8')) as T
}
