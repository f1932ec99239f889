import test from 'ava'
import { WaylayError } from '../../../common/errors.ts'
import type { PodDetail, Volume, VolumeMount } from '../../../cli/cluster/pod-spec.ts'
import { checkFilePath } from '../../../cli/environment/file-path.ts'
import { planMount, type MountPlan } from '../../../cli/environment/mount-plan.ts'
import type { VolumeFile } from '../../../cli/environment/volume-files.ts'

function file (text: string): VolumeFile {
  return { data: Buffer.from(text), mode: 0o644, isSecret: false }
}

type Content = Readonly<Record<string, readonly string[]>>

/** Volumes by name with the paths of their files; a volume without a list is not copied. */
function plan (mounts: readonly VolumeMount[], volumes: Content, options: {
  readonly platform?: NodeJS.Platform
  readonly variables?: Readonly<Record<string, string>>
  readonly others?: readonly Volume[]
} = {}): MountPlan {
  const pod: PodDetail = {
    metadata: { name: 'p', namespace: 'shop', uid: 'u' },
    spec: { containers: [], volumes: options.others ?? [] },
    status: {}
  }
  const content = Object.entries(volumes).map(([name, files]) => [name, new Map(files.map(path => [path, file(`${name}:${path}`)]))] as const)
  return planMount({
    pod,
    container: { name: 'app', volumeMounts: mounts },
    volumes: new Map(content),
    variables: new Map(Object.entries(options.variables ?? {})),
    platform: options.platform ?? 'linux'
  })
}

function written ({ files }: MountPlan): Record<string, string> {
  return Object.fromEntries([...files].map(([path, { data }]) => [path, data.toString()]))
}

type Case = readonly [title: string, mounts: readonly VolumeMount[], files: Readonly<Record<string, string>>]
const CASES: readonly Case[] = [
  ['whole', [{ name: 'v', mountPath: '/etc/v' }], { 'etc/v/a': 'v:a', 'etc/v/d/b': 'v:d/b', 'etc/v/d/e/c': 'v:d/e/c' }],
  ['at the root', [{ name: 'v', mountPath: '/' }], { a: 'v:a', 'd/b': 'v:d/b', 'd/e/c': 'v:d/e/c' }],
  ['without a slash', [{ name: 'v', mountPath: 'etc//v/', subPath: 'a' }], { 'etc/v': 'v:a' }],
  ['above the root', [{ name: 'v', mountPath: '/../../etc/../v', subPath: 'a' }], { v: 'v:a' }],
  ['one file', [{ name: 'v', mountPath: '/app.properties', subPath: 'd/b' }], { 'app.properties': 'v:d/b' }],
  ['one folder', [{ name: 'v', mountPath: '/x', subPath: './d/' }], { 'x/b': 'v:d/b', 'x/e/c': 'v:d/e/c' }],
  ['a path that is not there', [{ name: 'v', mountPath: '/x', subPath: 'nope' }], {}],
  ['a path by variables', [{ name: 'v', mountPath: '/x', subPathExpr: '$(D)/e' }], { 'x/c': 'v:d/e/c' }],
  ['inside of another', [{ name: 'w', mountPath: '/x/d' }, { name: 'v', mountPath: '/x' }], { 'x/a': 'v:a', 'x/d/z': 'w:z' }],
  ['over a file of another', [{ name: 'v', mountPath: '/x' }, { name: 'w', mountPath: '/x/a', subPath: 'z' }],
    { 'x/a': 'w:z', 'x/d/b': 'v:d/b', 'x/d/e/c': 'v:d/e/c' }],
  ['under something that is not copied', [{ name: 'v', mountPath: '/x' }, { name: 'scratch', mountPath: '/x/d' }], { 'x/a': 'v:a' }]
]

test('files lie where the container has them', t => {
  for (const [title, mounts, files] of CASES) {
    t.deepEqual(written(plan(mounts, { v: ['a', 'd/b', 'd/e/c'], w: ['z'] }, { variables: { D: 'd' } })), files, title)
  }
})

test('folders are made parents first, also those that stay empty', t => {
  const { folders } = plan([{ name: 'v', mountPath: '/etc/v' }, { name: 'none', mountPath: '/var/none' }], { v: ['d/b'], none: [] })
  t.deepEqual(folders, ['etc', 'var', 'etc/v', 'var/none', 'etc/v/d'])
})

test('volumes that are not copied are named with their kind and place', t => {
  const others = [{ name: 'scratch', emptyDir: {} }, { name: 'disk', persistentVolumeClaim: { claimName: 'c' } }]
  const { notCopied } = plan([{ name: 'disk', mountPath: '/data' }, { name: 'scratch', mountPath: '/tmp' }], {}, { others })
  t.deepEqual(notCopied, ['persistentVolumeClaim "disk" at /data', 'emptyDir "scratch" at /tmp'])
})

const HOSTILE: readonly (readonly [title: string, file: string, platform: NodeJS.Platform])[] = [
  ['up', '../x', 'linux'],
  ['up in the middle', 'a/../../x', 'linux'],
  ['up at the end', 'a/..', 'linux'],
  ['absolute', '/etc/passwd', 'linux'],
  ['empty', '', 'linux'],
  ['a NUL', 'a\0b', 'linux'],
  ['too long a name', 'x'.repeat(256), 'linux'],
  ['too long a path', 'x/'.repeat(2100) + 'x', 'linux'],
  ['a backslash', '..\\..\\x', 'win32'],
  ['a drive', 'C:x', 'win32'],
  ['a stream', 'a:b', 'win32'],
  ['a device', 'nul.txt', 'win32'],
  ['a dot at the end', 'a.', 'win32'],
  ['three dots', '...', 'win32']
]

test('a hostile path is refused before anything is written', t => {
  for (const [title, path, platform] of HOSTILE) {
    const error = t.throws(() => plan([{ name: 'v', mountPath: '/etc' }], { v: [path] }, { platform }), { instanceOf: WaylayError }, title)
    t.is(error.code, 'WAYLAY_MOUNT_UNSAFE', title)
  }
  t.notThrows(() => { checkFilePath('..data/a\\b:c/nul', 'linux') })
})

test('names that one machine takes for the same are refused there', t => {
  const both = (platform: NodeJS.Platform) => () => plan([{ name: 'v', mountPath: '/etc' }], { v: ['Key', 'key'] }, { platform })
  t.notThrows(both('linux'))
  for (const platform of ['darwin', 'win32'] as const) {
    t.is(t.throws(both(platform), { instanceOf: WaylayError }).code, 'WAYLAY_MOUNT_UNSAFE')
  }
  const clash = (): unknown => plan([{ name: 'v', mountPath: '/etc' }], { v: ['a', 'a/b'] })
  t.is(t.throws(clash, { instanceOf: WaylayError }).code, 'WAYLAY_MOUNT_UNSAFE')
})

test('a path inside a volume may not lead out of it, nor need what is not known', t => {
  for (const subPath of ['../x', '/etc', 'a/../../b']) {
    t.is(t.throws(() => plan([{ name: 'v', mountPath: '/x', subPath }], { v: ['a'] }), { instanceOf: WaylayError }).code, 'WAYLAY_MOUNT_UNSAFE')
  }
  const error = t.throws(() => plan([{ name: 'v', mountPath: '/x', subPathExpr: '$(NOPE)/$(EMPTY)' }], { v: ['a'] }, { variables: { EMPTY: '' } }),
    { instanceOf: WaylayError })
  t.is(error.code, 'WAYLAY_ENV_UNKNOWN')
  t.regex(error.message, /NOPE, EMPTY/)
})
