import { spawn } from 'node:child_process'
import { mkdir, open, readFile } from 'node:fs/promises'
import { partsCgroupFiles } from './cgroups.ts'
import type { Command } from './components.ts'
import { inState, paths } from './plan.ts'
import { startTicksOf, type ProcessRecord } from './state.ts'

/** A started part of the cluster. */
export type Started = {
  readonly record: ProcessRecord
  /** Settles only when the process ends, with the end of its log in the error. */
  readonly died: Promise<Error>
}

/** The log file of a part. */
export function logPath (name: string): string {
  return inState('logs', `${name}.log`)
}

/**
 * Starts a part in the cluster's network namespace, cgroups and (once there is a holder) mounts. `nsenter` and not
 * `ip netns exec`: the latter remounts /sys, and then the kubelet does not find its cgroups.
 */
export async function startProcess (name: string, command: Command, holderPid?: number): Promise<Started> {
  await mkdir(inState('logs'), { recursive: true })
  const log = await open(logPath(name), 'a')
  const mounts = holderPid === undefined ? [] : [`--mount=/proc/${holderPid}/ns/mnt`]
  try {
    const child = spawn('sh', [
      // The shell enters the cgroups and becomes nsenter, which becomes the part: one process id all the way.
      '-c', 'for file in $CGROUP_FILES; do echo $$ > "$file" || exit; done; unset CGROUP_FILES; exec nsenter "$@"',
      'sh', `--net=${paths.networkNamespace}`, ...mounts, '--', ...command
    ], {
      detached: true,
      cwd: '/',
      stdio: ['ignore', log.fd, log.fd],
      // A clean environment: a proxy setting of this machine would send the API server's webhook calls astray.
      env: {
        PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
        HOME: inState(),
        CGROUP_FILES: (await partsCgroupFiles()).join(' ')
      }
    })
    const died = new Promise<Error>(resolve => {
      child.on('error', resolve)
      child.on('exit', (code, signal) => {
        void deathOf(name, signal ?? `exit code ${code}`).then(resolve)
      })
    })
    child.unref()
    const pid = child.pid
    if (pid === undefined) throw await died
    return { record: { name, pid, startTicks: startTicksOf(pid) ?? '' }, died }
  } finally {
    await log.close()
  }
}

async function deathOf (name: string, end: string): Promise<Error> {
  const text = await readFile(logPath(name), 'utf8').catch(() => '')
  const lastLines = text.trimEnd().split('\n').slice(-12).map(line => `  ${line}`).join('\n')
  return new Error(`${name} ended (${end}). The last lines of its log:\n${lastLines}`)
}
