import { access, rm, writeFile } from 'node:fs/promises'
import { findProgram, run } from '../run.ts'
import { withLock } from '../lock.ts'

/** What a bare cluster takes from Debian: container runtime, pods' network, what writes the node's rules and sets. */
export const clusterPackages = [
  'containerd', 'runc', 'containernetworking-plugins', 'iptables', 'ipset', 'nftables', 'conntrack', 'iproute2', 'openssl',
  'util-linux'
] as const

/**
 * Installs Debian packages that are missing. Fast when there is nothing to do. Services that a package would like to
 * start stay off: the cluster runs its own containerd, with its own configuration and folders.
 */
export async function ensureDebianPackages (
  packages: readonly string[], progress: (line: string) => void, signal?: AbortSignal
): Promise<void> {
  if ((await missingPackages(packages)).length === 0) return
  if (process.getuid?.() !== 0) {
    throw new Error(`Missing Debian packages: ${packages.join(' ')}. Only root can install them: ` +
      `sudo apt-get install --no-install-recommends ${packages.join(' ')}`)
  }
  await withLock('apt', { onWait: () => progress('waiting for another process that installs packages'), signal },
    async () => {
      const missing = await missingPackages(packages)
      if (missing.length > 0) await install(missing, progress, signal)
    })
}

/** Fails with the reason where bare clusters cannot be. */
export async function requireDebianRoot (): Promise<void> {
  if (process.platform !== 'linux') throw new Error(`A bare cluster needs Linux; this is ${process.platform}`)
  if (process.getuid?.() !== 0) {
    throw new Error('A bare cluster needs root: it makes a network namespace, mounts and cgroups. ' +
      'Run the same command as root, or start Docker and install kind, or set WAYLAY_CLUSTER=existing:/path/to/kubeconfig')
  }
  if (await findProgram('apt-get') === undefined || await findProgram('dpkg-query') === undefined) {
    throw new Error('A bare cluster takes containerd and runc from Debian packages, and this machine has no apt-get. ' +
      'Start Docker and install kind, or set WAYLAY_CLUSTER=existing:/path/to/kubeconfig')
  }
}

/** Those of the packages that dpkg does not know as installed. */
async function missingPackages (packages: readonly string[]): Promise<readonly string[]> {
  if (await findProgram('dpkg-query') === undefined) throw new Error('Not a Debian-like machine: there is no dpkg-query')
  // dpkg-query complains (and fails) about packages it has never heard of, which is an answer too.
  const format = '$' + '{db:Status-Abbrev} $' + '{Package}\\n'
  const known = await run('sh', ['-c', 'dpkg-query -W -f "$0" "$@" 2>/dev/null || true', format, ...packages])
  const installed = new Set(known.split('\n').filter(line => line.startsWith('ii')).map(line => line.slice(2).trim()))
  return packages.filter(name => !installed.has(name))
}

async function install (
  missing: readonly string[], progress: (line: string) => void, signal?: AbortSignal
): Promise<void> {
  progress(`installing Debian packages: ${missing.join(' ')}`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const startsNothing = await forbidServiceStarts()
  try {
    await run('apt-get', ['update', '-qq'], { env, signal })
    await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=120', ...missing],
      { env, signal })
  } finally {
    await startsNothing.undo()
  }
}

/** Debian asks this file before a package starts a service; 101 means no. One that is there already stays as it is. */
async function forbidServiceStarts (): Promise<{ undo: () => Promise<void> }> {
  const policy = '/usr/sbin/policy-rc.d'
  if (await access(policy).then(() => true, () => false)) return { undo: async () => {} }
  await writeFile(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755, flag: 'wx' })
  return { undo: async () => await rm(policy, { force: true }) }
}
