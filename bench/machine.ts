import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { cpus, release, totalmem } from 'node:os'
import { VERSION } from '../common/version.ts'

export type Machine = {
  readonly cpu: string
  readonly cores: number
  readonly memoryGib: number
  readonly kernel: string
  readonly conntrackMax: number | null
}

export function readMachine (): Machine {
  const all = cpus()
  return {
    cpu: all[0]?.model ?? 'unknown',
    cores: all.length,
    memoryGib: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    conntrackMax: readNumber('/proc/sys/net/netfilter/nf_conntrack_max')
  }
}

/** Versions of all that is measured and of what it is measured with; null: not here. */
export function readVersions (): Readonly<Record<string, string | null>> {
  const require = createRequire(import.meta.url)
  const { version: http2Proxy } = require('http2-proxy/package.json') as { version: string }
  return {
    waylay: readWaylay(),
    node: process.version,
    nginx: firstLine('nginx', ['-v']),
    haproxy: firstLine('haproxy', ['-v']),
    'http2-proxy': http2Proxy,
    go: firstLine('go', ['version']) ?? firstLine('/usr/local/go/bin/go', ['version']),
    wrk: firstLine('wrk', ['-v']),
    h2load: firstLine('h2load', ['--version']),
    iptables: firstLine('iptables', ['--version'])
  }
}

export function readWaylay (): string {
  return [VERSION, firstLine('git', ['-C', import.meta.dirname, 'describe', '--always', '--dirty'])]
    .filter(text => text !== null).join(' ')
}

/** Some programs say it on standard error, some end with an error afterwards. */
function firstLine (program: string, args: readonly string[]): string | null {
  const { stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8' })
  if (error !== undefined) return null
  return `${stdout}${stderr}`.split('\n').find(line => line.trim() !== '')?.trim() ?? null
}

function readNumber (path: string): number | null {
  try {
    return Number(readFileSync(path, 'utf8'))
  } catch {
    return null
  }
}
