import { join } from 'node:path'
import { bundlePrograms, ROOT } from '../build/bundle.ts'
import { buildImages, imagesForDemo } from '../build/images.ts'
import { loadImages } from '../build/images-load.ts'
import { SYSTEM_NAMESPACE } from '../common/contract.ts'
import { clusterDown, clusterStatus, clusterUp } from '../test/cluster/cluster.ts'
import type { Cluster } from '../test/cluster/driver.ts'
import { run } from '../test/cluster/run.ts'
import { environmentOf, hasNamespace, kubectlOf, type Kubectl } from './kubectl.ts'

/** The namespace of demo/manifests. */
export const SHOP = 'shop'

/** The CLI as users get it. */
export const CLI = join(ROOT, 'dist/waylay.js')

/** Services of the shop in the order of a request. */
const SERVICES = ['storefront', 'payments', 'ledger'] as const

/** What the demo's steps get from its main: where to report, what ends them, and what to undo at the end. */
export type DemoContext = {
  readonly progress: (line: string) => void
  readonly signal: AbortSignal
  /** Undone last to first, on success and failure alike. */
  readonly atEnd: (what: string, undo: () => Promise<unknown>) => void
  /** The same for what --keep leaves. */
  readonly atEndUnlessKept: (what: string, undo: () => Promise<unknown>) => void
}

/** From nothing to a shop that answers, in a cluster with waylay. */
export async function setUp (context: DemoContext): Promise<Cluster> {
  const { cluster, wasUp } = await setUpWaylay(context)
  await deployShop(kubectlOf(cluster, context.signal), cluster, wasUp, context)
  return cluster
}

/** From nothing to a cluster with waylay: of one that was up, only what was not there goes at the end. */
export async function setUpWaylay (
  context: DemoContext
): Promise<{ readonly cluster: Cluster, readonly wasUp: boolean }> {
  const { progress, signal } = context
  const wasUp = (await clusterStatus()).state === 'up'
  progress(wasUp ? 'using the cluster that is up' : 'bringing a cluster up')
  // Registered before it is up: what fails or is interrupted half-way must go too.
  if (!wasUp) context.atEndUnlessKept('taking the cluster down', async () => await clusterDown({ progress }))
  const [cluster, images] = await allOrFirstFailure([
    clusterUp({ progress, signal }),
    imagesForDemo().then(async only => await buildImages({ progress, signal, only })),
    bundlePrograms(['waylay'])
  ])
  progress(`the ${cluster.kind} cluster answers: Kubernetes ${cluster.kubernetesVersion}`)
  progress('loading the images into it')
  const areNew = await loadImages(cluster, images)
  if (!areNew) progress('it has them already')
  await installWaylay(cluster, kubectlOf(cluster, signal), { wasUp, areNew }, context)
  return { cluster, wasUp }
}

/** Waits for all even if one fails: whoever cleans up must not race with one that still goes on. */
async function allOrFirstFailure<T extends readonly unknown[]> (
  work: { [Index in keyof T]: Promise<T[Index]> }
): Promise<T> {
  await Promise.allSettled(work)
  return await Promise.all(work)
}

async function installWaylay (
  cluster: Cluster, kubectl: Kubectl, { wasUp, areNew }: { readonly wasUp: boolean, readonly areNew: boolean },
  { progress, signal, atEndUnlessKept }: DemoContext
): Promise<void> {
  const env = environmentOf(cluster)
  const wasInstalled = await hasNamespace(kubectl, SYSTEM_NAMESPACE)
  if (wasUp && !wasInstalled) {
    atEndUnlessKept('removing waylay', async () => await run(process.execPath, [CLI, 'uninstall'], { env }))
  }
  progress('$ waylay install')
  await run(process.execPath, [CLI, 'install'], { env, signal, onErrorLine: line => progress(`  ${line}`) })
  if (wasInstalled && areNew) {
    // The tag is the same, so the running webhook does not notice that there is a new image.
    await kubectl('--namespace', SYSTEM_NAMESPACE, 'rollout', 'restart', 'deployment')
    await kubectl('--namespace', SYSTEM_NAMESPACE, 'rollout', 'status', 'deployment', '--timeout=60s')
  }
}

async function deployShop (
  kubectl: Kubectl, cluster: Cluster, wasUp: boolean, { progress, atEndUnlessKept }: DemoContext
): Promise<void> {
  if (wasUp && !await hasNamespace(kubectl, SHOP)) {
    // Not with the demo's signal: this runs when that one has fired.
    atEndUnlessKept('removing the shop', async () => await kubectlOf(cluster)('delete', 'namespace', SHOP))
  }
  progress(`$ kubectl apply -f demo/manifests   (${SERVICES.join(' -> ')}, two replicas each)`)
  const folder = join(ROOT, 'demo/manifests')
  await kubectl('apply', '--filename', join(folder, 'namespace.yaml'))
  const old = (await kubectl('--namespace', SHOP, 'get', 'deployments', '--output', 'name')).trim()
  await kubectl('apply', ...SERVICES.flatMap(name => ['--filename', join(folder, `${name}.yaml`)]))
  // Pods of an earlier run may have another waylay's sidecar and key in them.
  if (old !== '') await kubectl('--namespace', SHOP, 'rollout', 'restart', 'deployment')
  progress('waiting until the shop is ready')
  for (const name of SERVICES) {
    await kubectl('--namespace', SHOP, 'rollout', 'status', `deployment/${name}`, '--timeout=120s')
  }
}
