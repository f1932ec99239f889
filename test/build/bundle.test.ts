import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import test, { type ExecutionContext } from 'ava'
import { bundlePrograms, PROGRAM_NAMES, type Bundle, type ProgramName } from '../../build/bundle.ts'
import { NEXT_VERSION } from '../../build/as-version.ts'
import { VERSION } from '../../common/version.ts'

const run = promisify(execFile)

test('the proxy is one file without express or Kubernetes client', isSlim, 'proxy')
test('the init container is one file without express or Kubernetes client', isSlim, 'init')

test('the webhook bundle carries express and the Kubernetes client', async t => {
  const { packages } = await bundleOf(t, 'webhook')
  t.true(packages.includes('express'))
  t.true(packages.includes('@kubernetes/client-node'))
})

test('the CLI is one file without express or Kubernetes client', isSlim, 'waylay')

test('the CLI carries the page of the inspector, finished, and nothing that makes it', async t => {
  const { file, packages } = await bundleOf(t, 'waylay')
  const text = await readFile(file, 'utf8')

  t.true(text.includes('waylay inspector</title>'))
  t.true(text.includes('Waiting for the first request'))
  t.false(packages.includes('esbuild'))
})

test('the CLI loads neither HTTP nor TLS to say its version', async t => {
  const { file } = await bundleOf(t, 'waylay')

  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', `
    const before = new Set(process.moduleLoadList)
    process.argv = [process.argv[0], ${JSON.stringify(file)}, '--version']
    process.on('exit', () => console.log(JSON.stringify(process.moduleLoadList.filter(name => !before.has(name)))))
    await import(${JSON.stringify(file)})
  `])
  const [version, loaded = ''] = stdout.trim().split('\n')
  t.is(version, VERSION)
  const names = JSON.parse(loaded) as readonly string[]
  t.deepEqual(names.filter(name => /^NativeModule (https?|tls|crypto|_http_client)$/.test(name)), [])
})

test('the CLI bundle is executable and starts with a shebang', async t => {
  const { file } = await bundleOf(t, 'waylay')
  t.is((await stat(file)).mode & 0o111, 0o111)
  t.true((await readFile(file, 'utf8')).startsWith('#!/usr/bin/env node\n'))
})

test('every bundle can be read outside of the checkout', async t => {
  const folder = await temporaryFolder(t)
  const bundles = await bundlePrograms(PROGRAM_NAMES, folder)
  for (const { file } of bundles) await t.notThrowsAsync(run(process.execPath, ['--check', file]))
})

/** One file of its own, and none of what a pod must not get. */
async function isSlim (t: ExecutionContext, name: ProgramName): Promise<void> {
  const { file, bytes, packages } = await bundleOf(t, name)
  t.is((await stat(file)).size, bytes)
  t.deepEqual(packages.filter(found => found === 'express' || found.startsWith('@kubernetes/')), [])
}

async function bundleOf (t: ExecutionContext, name: ProgramName): Promise<Bundle> {
  const [bundle] = await bundlePrograms([name], await temporaryFolder(t))
  if (bundle === undefined) throw new Error(`${name} was not bundled`)
  return bundle
}

async function temporaryFolder (t: ExecutionContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'waylay-bundle-'))
  t.teardown(async () => { await rm(folder, { recursive: true, force: true }) })
  return folder
}

test('a program can be made to say another version, for tests of two', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'waylay-version-'))
  t.teardown(async () => { await rm(folder, { recursive: true }) })

  const [bundle] = await bundlePrograms(['waylay'], folder, NEXT_VERSION)

  t.not(NEXT_VERSION, VERSION)
  t.is((await run(process.execPath, [bundle?.file ?? '', '--version'])).stdout.trim(), NEXT_VERSION)
})
