import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { findProgram, run } from '../run.ts'
import { kubeconfigPath } from './kubeconfig.ts'
import { ensureParts } from './parts.ts'
import { ipv4, names, paths } from './plan.ts'

const LAST_LINES = 12

/**
 * Starts what makes the node keep to NetworkPolicies. Only for the tests that are about them: it rewrites the node's
 * filter rules at each change of any pod.
 *
 * @returns what ends it, and fails when it ended before or left a rule behind.
 */
export async function keepToPolicies (): Promise<() => Promise<void>> {
  const { networkPolicies } = await ensureParts({ progress: () => {} })
  const child = spawn(await program('nsenter'), [
    `--net=${paths.networkNamespace}`, '--', join(networkPolicies, 'network-policies'),
    '-kubeconfig', kubeconfigPath('admin'), '-node', names.node, '-services', ipv4.services
  ], {
    // Whoever is killed closes its pipes, which the keeper takes for the end, too.
    stdio: ['pipe', 'ignore', 'pipe'],
    env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' }
  })
  const lines: string[] = []
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    lines.push(...text.split('\n'))
    if (lines.length > LAST_LINES) lines.splice(0, lines.length - LAST_LINES)
  })
  child.stdin.on('error', () => {})
  const ended = once(child, 'close') as Promise<[number | null]>
  return async () => {
    const wasRunning = child.exitCode === null && child.signalCode === null
    child.stdin.end()
    const [code] = await ended
    const left = await rulesLeft()
    if (wasRunning && code === 0 && left.length === 0) return
    throw new Error(`The keeper of NetworkPolicies ended with ${code} ${wasRunning ? 'when' : 'before'} it was told to, ` +
      `and left ${left.length} rules. Its last lines:\n${lines.join('\n')}`)
  }
}

async function rulesLeft (): Promise<readonly string[]> {
  const args = [`--net=${paths.networkNamespace}`, '--', await program('iptables-save')]
  const all = await run(await program('nsenter'), args)
  return all.split('\n').filter(line => /^-A KUBE-(ROUTER|POD-FW|NWPLCY)/.test(line))
}

async function program (name: string): Promise<string> {
  const found = await findProgram(name)
  if (found === undefined) throw new Error(`There is no ${name} on PATH`)
  return found
}
