import { kubectl } from './kube.ts'
import type { Pod } from './workload.ts'

/** The environment that a container really has. */
export async function readEnvInside (pod: Pod, container: string): Promise<Readonly<Record<string, string>>> {
  return parseEnv(await exec(pod, container, ['env', '-0']))
}

/** What `env -0` printed. */
export function parseEnv (text: string): Readonly<Record<string, string>> {
  const lines = text.split('\0').filter(line => line !== '')
  return Object.fromEntries(lines.map(line => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]))
}

/** SHA-256 of each file below some paths, by its path; links are followed, the kubelet's own names left out. */
export async function readFilesInside (
  pod: Pod, container: string, roots: readonly string[]
): Promise<Readonly<Record<string, string>>> {
  const find = `cd / && find -L ${roots.join(' ')} -type f -not -path '*/..*' -print0 | xargs -0 sha256sum`
  const lines = (await exec(pod, container, ['sh', '-c', find])).trim().split('\n')
  return Object.fromEntries(lines.map(line => [line.slice(66), line.slice(0, 64)]))
}

export async function exec ({ metadata }: Pod, container: string, command: readonly string[]): Promise<string> {
  return await kubectl(['-n', metadata.namespace, 'exec', metadata.name, '-c', container, '--', ...command])
}
