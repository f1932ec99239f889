import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import test from 'ava'
import { bundlePrograms, ROOT } from '../../../build/bundle.ts'
import { buildExecutable } from '../../../build/sea/executable.ts'
import { findNodeBinary } from '../../../build/sea/node-binary.ts'
import { archiveFile, NODE_VERSION, ownPlatform, PLATFORM_NAMES, PLATFORMS, readPlatform, type Platform } from '../../../build/sea/platform.ts'
import { VERSION } from '../../../common/version.ts'

const run = promisify(execFile)
const OPTIONS = { progress: () => {} }

test('executables are made of the Node of the dev dependency', async t => {
  const { devDependencies } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as
    { readonly devDependencies: Readonly<Record<string, string>> }

  t.is(devDependencies['node'], NODE_VERSION)
  t.is(process.versions.node, NODE_VERSION)
})

test('a program that carries its Node starts without any other, also with NODE_OPTIONS of an app', async t => {
  t.timeout(120_000)
  const folder = await mkdtemp(join(tmpdir(), 'waylay-executable-'))
  t.teardown(async () => { await rm(folder, { recursive: true }) })
  const [bundle] = await bundlePrograms(['waylay'], join(folder, 'dist'))
  const output = join(folder, 'waylay')
  await buildExecutable({ main: bundle?.file ?? '', node: process.execPath, output, isSigned: process.platform === 'darwin' })
  const env = { HOME: folder, NODE_OPTIONS: '--require ./instrumentation-of-an-app.cjs' }

  const answer = async (...args: readonly string[]) => (await run(output, args, { env, cwd: folder })).stdout
  t.is(await answer('--version'), `${VERSION}\n`)
  t.is(await answer('version', '--client'), `waylay ${VERSION}\n`)
  t.regex(await answer('help'), /^Usage: waylay \[options\] \[command\]/)
  t.regex(await answer('install', '--help'), /^Usage: waylay install/)
  const failed = await t.throwsAsync(run(output, ['intercpt'], { env, cwd: folder })) as { code?: number, stderr?: string }
  t.is(failed.code, 2)
  t.regex(failed.stderr ?? '', /intercpt/)
})

test('Node for this machine is the one that runs, with its license beside it', async t => {
  const name = ownPlatform()
  t.truthy(name)
  const found = await findNodeBinary(name ?? 'linux-x64', OPTIONS)

  t.true('program' in found && found.program === process.execPath)
  t.regex(await readFile('license' in found ? found.license : '', 'utf8'), /^Node\.js is licensed/)
})

test('a platform whose Node cannot be had here says so, and who makes it', async t => {
  const lacking = PLATFORM_NAMES.filter(name => name !== ownPlatform() && !Object.hasOwn(PLATFORMS[name], 'integrity'))
  t.true(lacking.length > 0)
  for (const name of lacking) {
    const found = await findNodeBinary(name, OPTIONS)
    t.regex('reason' in found ? found.reason : '', /was not published for Node .*release\.yml/, name)
  }
})

test('six platforms have an archive each, named after system and processor', t => {
  t.deepEqual(PLATFORM_NAMES.map(name => archiveFile(name, '1.2.3')), [
    'waylay_1.2.3_linux_x64.tar.gz', 'waylay_1.2.3_linux_arm64.tar.gz', 'waylay_1.2.3_darwin_x64.tar.gz',
    'waylay_1.2.3_darwin_arm64.tar.gz', 'waylay_1.2.3_windows_x64.zip', 'waylay_1.2.3_windows_arm64.zip'
  ])
  for (const { integrity } of Object.values<Platform>(PLATFORMS)) t.regex(integrity ?? 'sha512-none', /^sha512-/)
  t.is(ownPlatform({ platform: 'win32', arch: 'arm64' } as NodeJS.Process), 'win-arm64')
  t.is(ownPlatform({ platform: 'freebsd', arch: 'x64' } as NodeJS.Process), undefined)
  t.throws(() => readPlatform('linux-mips'), { message: /^No platform "linux-mips"\. There are: linux-x64, / })
})
