import { chmod, copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ROOT } from './bundle.ts'
import { run } from '../test/cluster/run.ts'

/** What every base image of ours has beyond the minimal Debian. libatomic1 is what Node's binary links to. */
export const NODE_BASE_PACKAGES = ['iptables', 'nftables', 'iproute2', 'libatomic1'] as const

/** What the fixtures' base adds. */
export const PYTHON_BASE_PACKAGES = ['python3', 'gunicorn', 'nginx'] as const

/** What the base of the chain of services adds to that, beside OpenTelemetry. */
export const OTEL_BASE_PACKAGES = ['default-jre-headless', 'python3-flask', 'python3-requests'] as const

/** Part of the cache key: raise it when the steps below change. */
export const RECIPE = 1

/** For people, not for containers: half of a minimal Debian. */
const TRIMMED = [
  'usr/share/doc', 'usr/share/man', 'usr/share/info', 'usr/share/locale', 'usr/share/zoneinfo', 'usr/share/lintian',
  'usr/share/bash-completion', 'var/cache/apt', 'var/cache/debconf', 'var/lib/apt/lists', 'var/log'
] as const

/** Which Debian this machine is, and where it gets its packages. */
export type DebianSource = { readonly codename: string, readonly mirror: string }

/** Makes a root file system in `folder`: minimal Debian, trimmed, with the Node that this project develops with. */
export async function makeNodeBase (folder: string, source: DebianSource, signal?: AbortSignal): Promise<void> {
  await run('debootstrap', [
    '--variant=minbase', `--include=${NODE_BASE_PACKAGES.join(',')}`, source.codename, folder, source.mirror
  ], { signal, env: await withProxy() })
  await trim(folder)
  const node = join(folder, 'usr/local/bin/node')
  await copyFile(await nodeBinary(), node)
  await chmod(node, 0o755)
}

/** Adds packages to such a root file system with this machine's apt, which knows its mirrors, keys and proxies. */
export async function addPackages (folder: string, packages: readonly string[], signal?: AbortSignal): Promise<void> {
  const archives = join(folder, 'var/cache/apt/archives')
  await mkdir(join(archives, 'partial'), { recursive: true })
  await mkdir(join(folder, 'var/log/apt'), { recursive: true })
  // Packages of servers would start them, in this machine's own network.
  await writeFile(join(folder, 'usr/sbin/policy-rc.d'), '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  const settings = {
    'Dir::State::status': join(folder, 'var/lib/dpkg/status'),
    'Dir::State::extended_states': join(folder, 'var/lib/apt/extended_states'),
    'Dir::Cache::archives': archives,
    'Dir::Log': join(folder, 'var/log/apt'),
    'DPkg::Chroot-Directory': folder,
    'APT::Sandbox::User': 'root'
  }
  // Java's package fills a store of certificates by a program that wants it.
  const proc = join(folder, 'proc')
  await run('mount', ['-t', 'proc', 'proc', proc])
  try {
    await run('apt-get', [
      ...Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]),
      'install', '-y', '-qq', '--no-install-recommends', ...packages
    ], { signal, env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } })
  } finally {
    await run('umount', [proc])
  }
  await trim(folder)
}

/** Reads the mirror out of apt's own view of its sources, whatever their format. */
export async function debianSource (): Promise<DebianSource> {
  const release = await readFile('/etc/os-release', 'utf8')
  const codename = /^VERSION_CODENAME=(\S+)/m.exec(release)?.[1] ?? ''
  const targets = await run('apt-get', ['indextargets', '--format', '$(CODENAME) $(COMPONENT) $(REPO_URI)',
    'Created-By: Packages'])
  const mirror = targets.split('\n').find(line => line.startsWith(`${codename} main `))?.split(' ')[2]
  if (mirror === undefined) {
    throw new Error(`apt knows no source of "${codename} main", so there is no base image to be made. ` +
      'Run apt-get update, or start Docker')
  }
  return { codename, mirror }
}

/** The version of Node that goes into the base. */
export async function nodeVersion (): Promise<string> {
  return (await run(await nodeBinary(), ['--version'])).trim()
}

async function trim (folder: string): Promise<void> {
  await Promise.all(TRIMMED.map(async path => await rm(join(folder, path), { recursive: true, force: true })))
  // Packages that are added later, and programs that log, expect these.
  await mkdir(join(folder, 'var/log'), { recursive: true })
  await mkdir(join(folder, 'var/cache/debconf'), { recursive: true })
}

/** The dev dependency's binary. Where install scripts are off it stays in the package for the platform. */
async function nodeBinary (): Promise<string> {
  for (const name of ['node', `node-linux-${process.arch}`]) {
    const path = join(ROOT, 'node_modules', name, 'bin/node')
    const isBinary = await run(path, ['--version']).then(version => version.startsWith('v'), () => false)
    if (isBinary) return path
  }
  throw new Error('No Node binary in node_modules. Run npm ci')
}

/** debootstrap downloads with wget, which does not read apt's settings. */
async function withProxy (): Promise<NodeJS.ProcessEnv> {
  const setting = await run('apt-config', ['shell', 'proxy', 'Acquire::http::Proxy'])
  const proxy = /^proxy='(.+)'/m.exec(setting)?.[1]
  return proxy === undefined ? process.env : { http_proxy: proxy, ...process.env }
}
