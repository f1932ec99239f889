import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bundlePrograms } from '../build/bundle.ts'
import { hashOfSources } from '../build/images-inputs.ts'
import { ensureDebianPackages } from '../test/cluster/bare/debian.ts'
import { cacheFolder } from '../test/cluster/cache.ts'
import { findProgram, run } from '../test/cluster/run.ts'
import type { Cleanup } from './cleanup.ts'
import type { Paths } from './sides/side.ts'

type Progress = (line: string) => void

/** Without these there is nothing to measure with. */
const REQUIRED = { ip: 'iproute2', iptables: 'iptables', taskset: 'util-linux', nginx: 'nginx-light', wrk: 'wrk' }
/** Without these a side or a row is missing. */
const OPTIONAL = { haproxy: 'haproxy', h2load: 'nghttp2-client', nghttpd: 'nghttp2-server' }

const GO_SOURCES = join(import.meta.dirname, 'go')

/** @throws {Error} where this machine cannot make network namespaces. */
export function requireNamespaces (): void {
  if (process.platform !== 'linux') throw new Error(`The bench needs network namespaces, so Linux; this is ${process.platform}`)
  if (process.getuid?.() !== 0) throw new Error('The bench makes network namespaces, and for that it must be root')
}

/** A folder for everything of this run; gone afterwards. */
export function makeFolder (cleanup: Cleanup): string {
  const folder = mkdtempSync(join(tmpdir(), `waylay-bench-${process.pid}-`))
  // The proxies run with another group.
  chmodSync(folder, 0o755)
  cleanup.add(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Installs and builds what the sides need; says what cannot be had. */
export async function prepare (
  folder: string, profile: string | undefined, progress: Progress, signal: AbortSignal
): Promise<Paths> {
  await ensurePrograms(REQUIRED, progress, signal)
  await ensurePrograms(OPTIONAL, progress, signal).catch((error: unknown) => {
    signal.throwIfAborted()
    progress(`some peers cannot be installed: ${String(error)}`)
  })
  progress('bundling the proxy and the init container')
  const bundle = join(folder, 'bundle')
  await bundlePrograms(['init', 'proxy'], bundle)
  if (profile !== undefined) mkdirSync(profile, { recursive: true })
  return {
    bundle,
    profile,
    go: await buildGo(progress),
    haproxy: await findProgram('haproxy') !== undefined,
    nghttp2: await findProgram('h2load') !== undefined && await findProgram('nghttpd') !== undefined
  }
}

async function ensurePrograms (
  packages: Readonly<Record<string, string>>, progress: Progress, signal: AbortSignal
): Promise<void> {
  const missing: string[] = []
  for (const [program, name] of Object.entries(packages)) {
    if (await findProgram(program) === undefined) missing.push(name)
  }
  if (missing.length > 0) await ensureDebianPackages(missing, progress, signal)
}

/** Compiles the Go programs once for each state of their sources; undefined where there is no Go. */
async function buildGo (progress: Progress): Promise<string | undefined> {
  const go = await findProgram('go')
  if (go === undefined) return undefined
  const folder = join(cacheFolder(), 'bench-go', await hashOfSources(GO_SOURCES, ['.'], await run(go, ['version'])))
  const names = ['reverse-proxy', 'closing-callers']
  for (const name of names) {
    if (existsSync(join(folder, name))) continue
    progress(`compiling ${name}`)
    await run(go, ['build', '-o', join(folder, name), `./${name}`], { cwd: GO_SOURCES, env: process.env })
  }
  return folder
}
