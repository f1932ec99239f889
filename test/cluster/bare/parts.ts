import { createHash } from 'node:crypto'
import { access, mkdir, readdir, readFile, rename, rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { cacheFolder } from '../cache.ts'
import { withLock } from '../lock.ts'
import { goBuild } from './go-build.ts'
import { writeScratchImage } from './image-archive.ts'
import { kubernetesVersion, names, paths, versionIn } from './plan.ts'

/** Folders of what is built, outside the checkout and never changed once they are there. */
export type Parts = {
  readonly kubernetes: string
  readonly coredns: string
  readonly pause: string
  readonly networkPolicies: string
}

/** The names under which the Kubernetes binary is each of its programs. */
export const kubernetesPrograms = [
  'etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubelet', 'kube-proxy', 'kubectl'
] as const

type Options = { readonly progress: (line: string) => void, readonly signal?: AbortSignal | undefined }

/** Builds what this machine does not have yet. Two processes that ask at once build once. */
export async function ensureParts (options: Options): Promise<Parts> {
  const parts = await partFolders()
  if (await allExist(parts)) return parts
  const onWait = () => options.progress('waiting for another process that builds the cluster parts')
  await withLock('build', { onWait, signal: options.signal }, async () => {
    await ensurePart(parts.pause, async folder => await buildPause(folder, options))
    await ensurePart(parts.coredns, async folder => await buildCoredns(folder, options))
    await ensurePart(parts.kubernetes, async folder => await buildKubernetes(folder, options))
    await ensurePart(parts.networkPolicies, async folder => await buildNetworkPolicies(folder, options))
  })
  return parts
}

/** Where the parts are or will be: the name says the version and everything that goes into the build. */
export async function partFolders (): Promise<Parts> {
  const version = async (sources: string, module: string) =>
    versionIn(await readFile(join(paths.goSources, sources, 'go.mod'), 'utf8'), module)
  const folder = async (sources: string, version: string) =>
    join(cacheFolder(), 'cluster', `${sources}-${version}-${await hashOf(join(paths.goSources, sources))}`)
  return {
    kubernetes: await folder('kubernetes', kubernetesVersion()),
    coredns: await folder('coredns', await version('coredns', 'github.com/coredns/coredns')),
    pause: await folder('pause', 'v1'),
    networkPolicies: await folder('network-policies',
      await version('network-policies', 'github.com/cloudnativelabs/kube-router/v2'))
  }
}

/** Makes clients believe the version: a Go build without these calls itself v0.0.0. */
export function kubernetesLinkerFlags (version: string): string {
  const [major, minor] = version.slice(1).split('.')
  const values = { gitVersion: version, gitMajor: major, gitMinor: minor, gitTreeState: 'clean' }
  const settings = ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version']
    .flatMap(path => Object.entries(values).map(([name, value]) => `-X ${path}.${name}=${value}`))
  return ['-s -w', ...settings].join(' ')
}

async function buildKubernetes (folder: string, { progress, signal }: Options): Promise<void> {
  const version = kubernetesVersion()
  await goBuild({
    title: `Kubernetes ${version}`,
    sources: join(paths.goSources, 'kubernetes'),
    output: join(folder, 'kubernetes'),
    linkerFlags: kubernetesLinkerFlags(version)
  }, progress, signal)
  for (const name of kubernetesPrograms) await symlink('kubernetes', join(folder, name))
}

async function buildCoredns (folder: string, { progress, signal }: Options): Promise<void> {
  const sources = join(paths.goSources, 'coredns')
  await goBuild({ title: 'CoreDNS', sources, output: join(folder, 'coredns'), linkerFlags: '-s -w' }, progress, signal)
}

async function buildNetworkPolicies (folder: string, { progress, signal }: Options): Promise<void> {
  const sources = join(paths.goSources, 'network-policies')
  const output = join(folder, 'network-policies')
  await goBuild({ title: 'the keeper of NetworkPolicies', sources, output, linkerFlags: '-s -w' }, progress, signal)
}

async function buildPause (folder: string, { progress, signal }: Options): Promise<void> {
  const sources = join(paths.goSources, 'pause')
  const output = join(folder, 'pause')
  await goBuild({ title: 'the pause program', sources, output, linkerFlags: '-s -w' }, progress, signal)
  await writeScratchImage({ name: names.pauseImage, binary: output, archivePath: join(folder, 'pause.tar') })
}

/** A part is there completely or not at all: it is built under another name and moved. */
async function ensurePart (folder: string, build: (temporary: string) => Promise<void>): Promise<void> {
  if (await exists(folder)) return
  const temporary = `${folder}.unfinished`
  await rm(temporary, { recursive: true, force: true })
  await mkdir(temporary, { recursive: true })
  try {
    await build(temporary)
    await rename(temporary, folder)
  } catch (error) {
    await rm(temporary, { recursive: true, force: true })
    throw error
  }
}

async function hashOf (folder: string): Promise<string> {
  const hash = createHash('sha256').update(process.arch)
  for (const name of (await readdir(folder)).sort()) hash.update(name).update(await readFile(join(folder, name)))
  return hash.digest('hex').slice(0, 12)
}

async function allExist (parts: Parts): Promise<boolean> {
  return (await Promise.all(Object.values(parts).map(exists))).every(Boolean)
}

async function exists (path: string): Promise<boolean> {
  return await access(path).then(() => true, () => false)
}
