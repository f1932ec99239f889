import { createHash } from 'node:crypto'
import { readdir, readFile, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { startCaller } from '../helpers/caller-pod.ts'
import { runProgram } from '../helpers/kube.ts'
import { makeNamespace } from '../helpers/namespace.ts'
import { startProgram } from '../helpers/program.ts'
import { startIntercept } from '../helpers/waylay.ts'
import { deployApp, urlOf, type Pod } from '../helpers/workload.ts'

const MARIA = { 'x-waylay-id': 'maria-12345678' }

const COMMANDS = [
  ['ip', '-4', 'route', 'show', 'table', 'all'],
  ['ip', '-6', 'route', 'show', 'table', 'all'],
  ['ip', 'rule'],
  ['ip', '-6', 'rule'],
  ['ip', '-o', 'link'],
  ['ip', 'netns'],
  ['nft', 'list', 'ruleset'],
  ['sysctl', '-a', '--pattern', '^net\\.(ipv4|ipv6)\\.(conf|ip_)']
] as const

test.serial('nothing on the developer\'s machine changes before, during or after', async t => {
  const namespace = await makeNamespace(t)
  const [pod] = await deployApp(namespace) as [Pod]
  const caller = await startCaller(t, namespace)
  const maria = await startProgram(t, 'maria')

  const before = await lookAround()
  const intercept = await startIntercept(t,
    ['app', '-n', namespace, '--port', String(maria.port), '--id', MARIA['x-waylay-id']])
  t.is((await caller.request(urlOf(pod), MARIA)).json.answeredBy, 'maria')
  const during = await lookAround()
  await intercept.stop()
  const after = await lookAround()

  t.deepEqual(during, before)
  t.deepEqual(after, before)
  t.true(Number(before['files of /etc']) > 50, 'there was something to look at')
})

/** Hashes of all that a tool of this kind is known to change: /etc, routes, rules, interfaces, kernel settings. */
async function lookAround (): Promise<Readonly<Record<string, string>>> {
  const hash = createHash('sha256')
  const count = await addFolder(hash, '/etc')
  const seen: Record<string, string> = { 'files of /etc': String(count), '/etc': hash.digest('hex') }
  for (const [program, ...args] of COMMANDS) {
    const { stdout, exitCode } = await runProgram(program, args).catch(() => ({ stdout: 'not here', exitCode: -1 }))
    // Routes of IPv6 count down their own expiry.
    seen[[program, ...args].join(' ')] = `${exitCode} ${stdout.replaceAll(/ expires \d+sec/g, '')}`
  }
  return seen
}

async function addFolder (hash: ReturnType<typeof createHash>, folder: string): Promise<number> {
  let count = 0
  const entries = await readdir(folder, { withFileTypes: true })
  for (const entry of entries.sort((a, b) => a.name < b.name ? -1 : 1)) {
    const path = join(folder, entry.name)
    hash.update(`${path}\n`)
    if (entry.isDirectory()) count += await addFolder(hash, path)
    else if (entry.isSymbolicLink()) hash.update(await readlink(path))
    else if (entry.isFile()) {
      hash.update(await readFile(path))
      count++
    }
  }
  return count
}
