import { chmod, lstat, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { WaylayError } from '../../../common/errors.ts'
import { writePrivateFile } from '../../../cli/environment/write-file.ts'

async function makeFolder (t: ExecutionContext): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'waylay-env-'))
  t.teardown(async () => { await rm(folder, { recursive: true }) })
  return folder
}

test('a file is written for its owner alone and replaces the one before', async t => {
  const folder = await makeFolder(t)
  const file = path.join(folder, 'app.env')
  await writeFile(file, 'old')
  await chmod(file, 0o644)
  await symlink(file, path.join(folder, 'link'))

  await writePrivateFile(path.join(folder, 'link'), 'new')

  t.is(await readFile(file, 'utf8'), 'new')
  t.is((await lstat(file)).mode & 0o777, 0o600)
  t.true((await lstat(path.join(folder, 'link'))).isSymbolicLink())
  t.deepEqual((await readdir(folder)).sort(), ['app.env', 'link'])
})

test('a device, a folder or a missing folder is no place for a file', async t => {
  const folder = await makeFolder(t)
  for (const file of ['/dev/null', folder, path.join(folder, 'no', 'app.env')]) {
    const error = await t.throwsAsync(writePrivateFile(file, 'x'), { instanceOf: WaylayError }, file)
    t.is(error.code, 'WAYLAY_USAGE')
    t.true(error.message.includes(file))
  }
  t.true((await lstat('/dev/null')).isCharacterDevice())
  t.deepEqual(await readdir(folder), [])
})
