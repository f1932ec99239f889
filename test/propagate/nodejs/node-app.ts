import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFile, mkdtemp, rm } from 'node:fs/promises'
import { createServer, request, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import type { ExecutionContext } from 'ava'
import { bundlePrograms, ROOT } from '../../../build/bundle.ts'

const APPS = join(import.meta.dirname, 'apps')

/** The package as npm installs it: `node_modules/waylay` of a folder, with `dist/`. */
export type Installed = { readonly folder: string, readonly register: string, readonly remove: () => Promise<void> }

export async function installPackage (): Promise<Installed> {
  const folder = await mkdtemp(join(tmpdir(), 'waylay-propagate-'))
  const inside = join(folder, 'node_modules/waylay')
  await bundlePrograms(['propagate'], join(inside, 'dist'))
  await copyFile(join(ROOT, 'package.json'), join(inside, 'package.json'))
  return {
    folder,
    register: join(inside, 'dist/register.cjs'),
    remove: async () => { await rm(folder, { recursive: true, force: true }) }
  }
}

export type AppOptions = {
  /** Arguments of Node before the app. */
  readonly flags?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
}

export type NodeApp = {
  /** What it says when it listens. */
  readonly said: Readonly<Record<string, unknown>>
  /** Asks it to ask the back, and returns the headers that reached the back. */
  readonly ask: (way: string, headers?: Readonly<Record<string, string | string[]>>) => Promise<IncomingHttpHeaders>
  readonly stderr: () => string
}

/** A real Node with an app of `apps/`, and a server of ours behind it that it asks. Ended with the test. */
export async function startApp (
  t: ExecutionContext, name: string, { flags = [], env = {}, cwd = ROOT }: AppOptions
): Promise<NodeApp> {
  const back = createServer((request, response) => { response.end(JSON.stringify(request.headers)) })
  back.listen(0, '127.0.0.1')
  await once(back, 'listening')
  const child = spawn(process.execPath, [...flags, join(APPS, name), `http://127.0.0.1:${portOf(back.address())}/`], {
    cwd, env: { PATH: process.env['PATH'], ...env }
  })
  t.teardown(() => {
    child.kill('SIGKILL')
    back.close()
    back.closeAllConnections()
  })
  let stderr = ''
  child.stderr.on('data', chunk => { stderr += String(chunk) })
  const line = await Promise.race([
    once(createInterface(child.stdout), 'line').then(([line]) => String(line)),
    once(child, 'exit').then(() => { throw new Error(`The app ended: ${stderr}`) })
  ])
  const said = JSON.parse(line) as Readonly<Record<string, unknown>>
  return {
    said,
    ask: async (way, headers = {}) => JSON.parse(await post(Number(said['port']), way, headers)) as IncomingHttpHeaders,
    stderr: () => stderr
  }
}

type SentHeaders = Readonly<Record<string, string | string[]>>

async function post (port: number, path: string, headers: SentHeaders): Promise<string> {
  const sent = request({ host: '127.0.0.1', port, path, method: 'POST', headers })
  sent.end('body')
  const [response] = await once(sent, 'response') as [NodeJS.ReadableStream & { statusCode: number }]
  const body = await text(response)
  if (response.statusCode !== 200) throw new Error(`${path}: ${response.statusCode} ${body}`)
  return body
}

export function portOf (address: string | AddressInfo | null): number {
  return (address as AddressInfo).port
}
