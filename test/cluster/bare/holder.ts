import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { waitFor } from '../wait.ts'
import { binFolders, type Command } from './components.ts'
import type { Parts } from './parts.ts'
import { inState } from './plan.ts'

const readyFile = inState('mounts-ready')

/**
 * The process that holds the cluster's own view of the file system, which all other parts enter. In it the folders
 * whose names are fixed in containerd, runc, the CNI plugins and the kubelet are empty ones of ours, so a second
 * container runtime on this machine is not disturbed; and every mount goes, all by itself, with the last process.
 */
export function holderCommand (parts: Parts): Command {
  return ['unshare', '--mount', '--propagation', 'private', '--', 'sh', '-e', '-c', holderScript(parts)]
}

/** Waits until the mounts are made: only then may others enter. */
export async function waitForHolder (signal?: AbortSignal): Promise<void> {
  await waitFor(async () => await access(readyFile).then(() => true), {
    what: 'the mounts of the cluster', timeoutMs: 5000, everyMs: 10, signal
  })
}

/** What the holder does before it falls asleep. */
export function holderScript (parts: Parts): string {
  const binds = (Object.keys(binFolders) as (keyof typeof binFolders)[])
    .map(name => `mkdir -p ${binFolders[name]}; mount --bind ${parts[name]} ${binFolders[name]}`)
  const hides = ['/var/lib', '/var/log'].map(folder => {
    const own = inState('hidden', folder.replaceAll('/', '-').slice(1))
    return `mkdir -p ${own}; mount --bind ${own} ${folder}`
  })
  return [
    // Shared among the parts, private towards the machine: the kubelet's mounts must reach containerd.
    'mount --make-rshared /',
    ...binds,
    'mount -t tmpfs -o mode=755 tmpfs /run',
    ...hides,
    `touch ${readyFile}`,
    `exec ${join(binFolders.pause, 'pause')}`
  ].join('\n')
}
