import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { runProgram, theCluster } from './kube.ts'

/** What lies between a laptop and its cluster, and what goes wrong there. */
export type Relay = {
  /** An administrator's kubeconfig whose server is reached through the relay only. */
  readonly kubeconfig: string
  /** Connections of now. */
  readonly open: () => number
  /** Connections so far. */
  readonly opened: () => number
  /** Ends all connections of now the hard way, both ends. Returns how many. */
  readonly cut: () => number
  /** Connections of now take bytes and hand none on, and nobody is told; new ones work. Returns how many. */
  readonly swallow: () => number
}

type Pair = { readonly near: Socket, readonly far: Socket }

/** Starts a relay of bytes on 127.0.0.1 in front of the API server; ended with the test. */
export async function startRelay (t: ExecutionContext): Promise<Relay> {
  const config = await readKubeconfig()
  const { hostname, port } = new URL(config.clusters[0].cluster.server)
  const pairs = new Set<Pair>()
  let opened = 0
  const server = createServer({ noDelay: true }, near => {
    const far = connect({ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 443), noDelay: true })
    const pair = { near, far }
    pairs.add(pair)
    opened++
    for (const [from, to] of [[near, far], [far, near]] as const) {
      from.on('error', () => {})
      from.on('close', () => {
        pairs.delete(pair)
        to.destroy()
      })
      from.pipe(to)
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.close()
    for (const { near, far } of pairs) for (const socket of [near, far]) socket.destroy()
  })
  return {
    kubeconfig: writeConfig(t, config, (server.address() as AddressInfo).port),
    open: () => pairs.size,
    opened: () => opened,
    cut: () => forEach(pairs, socket => { socket.resetAndDestroy() }),
    swallow: () => forEach(pairs, socket => {
      socket.unpipe()
      socket.resume()
    })
  }
}

function forEach (pairs: ReadonlySet<Pair>, act: (socket: Socket) => void): number {
  const now = [...pairs]
  for (const { near, far } of now) for (const socket of [near, far]) act(socket)
  return now.length
}

type Kubeconfig = { readonly clusters: readonly [{ readonly cluster: { readonly server: string } }] }

async function readKubeconfig (): Promise<Kubeconfig> {
  const { kubectl, kubeconfigPath } = await theCluster()
  const { stdout } = await runProgram(kubectl,
    ['--kubeconfig', kubeconfigPath, 'config', 'view', '--raw', '--minify', '--flatten', '-o', 'json'])
  return JSON.parse(stdout) as Kubeconfig
}

/** The certificate of the API server is for 127.0.0.1 too, as kubeadm, kind and ours make it. */
function writeConfig (t: ExecutionContext, config: Kubeconfig, port: number): string {
  const folder = mkdtempSync(join(tmpdir(), 'waylay-relay-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'config')
  const [{ cluster, ...entry }] = config.clusters
  const clusters = [{ ...entry, cluster: { ...cluster, server: `https://127.0.0.1:${port}` } }]
  writeFileSync(path, JSON.stringify({ ...config, clusters }), { mode: 0o600 })
  return path
}
