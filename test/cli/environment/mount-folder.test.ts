import { execFileSync } from 'node:child_process'
import {
  chmodSync, existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, unlinkSync,
  writeFileSync
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { WaylayError } from '../../../common/errors.ts'
import { MountFolder } from '../../../cli/environment/mount-folder.ts'
import type { MountPlan } from '../../../cli/environment/mount-plan.ts'
import { renewTokens } from '../../../cli/environment/renew-tokens.ts'
import type { VolumeFile } from '../../../cli/environment/volume-files.ts'

function makeTemporary (t: ExecutionContext): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'waylay-mount-'))
  t.teardown(() => {
    execFileSync('chmod', ['-R', 'u+w', folder])
    rmSync(folder, { recursive: true })
  })
  return folder
}

const FILES: readonly (readonly [name: string, file: VolumeFile])[] = [
  ['etc/config/mode', { data: Buffer.from('test'), mode: 0o644, isSecret: false }],
  ['etc/config/run.sh', { data: Buffer.from([0, 255, 10]), mode: 0o755, isSecret: false }],
  ['etc/config/closed', { data: Buffer.from('c'), mode: 0o400, isSecret: false }],
  ['etc/db/password', { data: Buffer.from('p'), mode: 0o644, isSecret: true }],
  ['etc/db/tool', { data: Buffer.from('t'), mode: 0o777, isSecret: true }],
  ['etc/db/none', { data: Buffer.from('n'), mode: 0, isSecret: true }]
]

const PLAN: MountPlan = {
  files: new Map(FILES), folders: ['etc', 'var', 'etc/config', 'etc/db', 'var/empty'], notCopied: []
}

function modeOf (file: string): string {
  return (lstatSync(file).mode & 0o777).toString(8)
}

test('files are written read-only, secrets for their owner alone, and all of it goes again', t => {
  const folder = path.join(makeTemporary(t), 'new', 'pod')
  const mount = new MountFolder(folder)
  mount.write(PLAN)

  t.is(modeOf(folder), '700')
  for (const [name, { data }] of FILES) t.deepEqual(readFileSync(path.join(folder, name)), data, name)
  t.deepEqual(FILES.map(([name]) => modeOf(path.join(folder, name))), ['444', '555', '400', '400', '500', '400'])
  t.deepEqual(PLAN.folders.map(name => modeOf(path.join(folder, name))), PLAN.folders.map(() => '555'))
  t.deepEqual(mount.remove(), [])
  t.false(existsSync(folder))
  t.deepEqual(mount.remove(), [])
})

test('an empty folder that was there stays there, empty', t => {
  const folder = makeTemporary(t)
  const mount = new MountFolder(folder)
  mount.write(PLAN)
  t.deepEqual(readdirSync(folder).sort(), ['etc', 'var'])

  t.deepEqual(mount.remove(), [])
  t.deepEqual(readdirSync(folder), [])
})

test('nothing is removed that somebody else put there', t => {
  const folder = path.join(makeTemporary(t), 'pod')
  const mount = new MountFolder(folder)
  mount.write(PLAN)
  const outside = makeTemporary(t)
  writeFileSync(path.join(outside, 'keep'), 'mine')
  chmodSync(path.join(folder, 'etc/config'), 0o755)
  writeFileSync(path.join(folder, 'etc/config/mine'), 'mine')
  unlinkSync(path.join(folder, 'etc/config/mode'))
  writeFileSync(path.join(folder, 'etc/config/mode'), 'mine too')
  chmodSync(path.join(folder, 'var'), 0o755)
  rmSync(path.join(folder, 'var/empty'), { recursive: true })
  symlinkSync(outside, path.join(folder, 'var/empty'))
  chmodSync(outside, 0o755)

  t.deepEqual(mount.remove(), ['etc', 'var'])

  t.deepEqual(readdirSync(path.join(folder, 'etc/config')).sort(), ['mine', 'mode'])
  t.is(readFileSync(path.join(folder, 'etc/config/mode'), 'utf8'), 'mine too')
  t.false(existsSync(path.join(folder, 'etc/db')))
  t.deepEqual(readdirSync(outside), ['keep'])
  t.is(modeOf(outside), '755')
})

test('a folder that is not empty, not a folder or open to all is refused', t => {
  const full = makeTemporary(t)
  writeFileSync(path.join(full, 'x'), '')
  const open = makeTemporary(t)
  chmodSync(open, 0o777)
  const cases: readonly (readonly [folder: string, says: RegExp])[] = [
    [full, /it is not empty/], [path.join(full, 'x'), /EEXIST/], [path.join(full, 'x', 'y'), /ENOTDIR|EEXIST/], [open, /everybody may write/]
  ]
  for (const [folder, says] of cases) {
    const error = t.throws(() => new MountFolder(folder), { instanceOf: WaylayError })
    t.is(error.code, 'WAYLAY_MOUNT_REFUSED')
    t.regex(error.message, says)
  }
  t.deepEqual(readdirSync(full), ['x'])
})

test('a link to a folder is taken for the folder, and no link inside is followed', t => {
  const target = path.join(makeTemporary(t), 'target')
  mkdirSync(target)
  const outside = makeTemporary(t)
  const link = path.join(outside, 'link')
  symlinkSync(target, link)
  const mount = new MountFolder(link)
  // Somebody else is faster than we are.
  symlinkSync(outside, path.join(target, 'etc'))

  const error = t.throws(() => { mount.write(PLAN) }, { instanceOf: WaylayError })

  t.is(error.code, 'WAYLAY_MOUNT_REFUSED')
  t.regex(error.message, /EEXIST/)
  t.deepEqual(readdirSync(outside), ['link'])
  t.deepEqual(readdirSync(target), ['etc'])
})

test('a write that fails half-way leaves nothing behind', t => {
  const folder = path.join(makeTemporary(t), 'pod')
  const mount = new MountFolder(folder)
  const file: VolumeFile = { data: Buffer.from('x'), mode: 0o444, isSecret: false }
  const broken: MountPlan = { folders: ['a'], files: new Map([['a/1', file], ['missing/2', file]]), notCopied: [] }

  t.is(t.throws(() => { mount.write(broken) }, { instanceOf: WaylayError }).code, 'WAYLAY_MOUNT_REFUSED')
  t.false(existsSync(folder))
})

test('a file is replaced as a whole, and removed like the one before', t => {
  const folder = path.join(makeTemporary(t), 'pod')
  const mount = new MountFolder(folder)
  mount.write(PLAN)

  mount.replace('etc/db/password', { data: Buffer.from('new'), mode: 0o644, isSecret: true })
  mount.replace('etc/db/unknown', { data: Buffer.from('new'), mode: 0o644, isSecret: true })

  t.is(readFileSync(path.join(folder, 'etc/db/password'), 'utf8'), 'new')
  t.is(modeOf(path.join(folder, 'etc/db/password')), '400')
  t.is(modeOf(path.join(folder, 'etc/db')), '555')
  t.deepEqual(readdirSync(path.join(folder, 'etc/db')).sort(), ['none', 'password', 'tool'])
  t.deepEqual(mount.remove(), [])
  t.false(existsSync(folder))
})

test('a token is renewed after most of its time, and again after a failure', async t => {
  t.timeout(10_000)
  const { mock } = await import('node:test')
  mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 1_000_000 })
  t.teardown(() => { mock.timers.reset() })
  const folder = path.join(makeTemporary(t), 'pod')
  const answers = ['fail', 'second', 'third']
  const token = (text: string) => ({
    token: text,
    expiresAtMs: Date.now() + 1_000_000,
    renew: async () => {
      const next = answers.shift() ?? ''
      if (next === 'fail') throw new WaylayError('WAYLAY_FORBIDDEN', 'not today')
      return token(next)
    }
  })
  const file: VolumeFile = { data: Buffer.from('first'), mode: 0o644, isSecret: true, token: token('first') }
  const mount = new MountFolder(folder)
  mount.write({ folders: ['run'], files: new Map([['run/token', file]]), notCopied: [] })
  const notes: string[] = []
  const stop = renewTokens(mount, new Map([['run/token', file]]), line => { notes.push(line) })
  const read = (): string => readFileSync(path.join(folder, 'run/token'), 'utf8')
  const pass = async (ms: number): Promise<void> => {
    mock.timers.tick(ms)
    for (let turn = 0; turn < 10; turn++) await Promise.resolve()
  }

  await pass(799_000)
  t.is(answers.length, 3)
  await pass(1000)
  t.regex(notes.join(), /token \/run\/token is not renewed: not today/)
  t.is(read(), 'first')
  await pass(60_000)
  t.is(read(), 'second')
  await pass(800_000)
  t.is(read(), 'third')
  stop()
  mount.remove()
  t.false(existsSync(folder))
})
