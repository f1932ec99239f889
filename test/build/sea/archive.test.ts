import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { crc32, inflateRawSync } from 'node:zlib'
import test, { type ExecutionContext } from 'ava'
import { tarGz, zip, type ArchivedFile } from '../../../build/sea/archive.ts'
import { readSums, writeSums } from '../../../build/sea/checksums.ts'

const run = promisify(execFile)

const FILES: readonly ArchivedFile[] = [
  { name: 'waylay', bytes: Buffer.alloc(100_001, 'waylay '), isProgram: true },
  { name: 'LICENSE', bytes: Buffer.from('The terms.\n') },
  { name: 'empty', bytes: Buffer.alloc(0) }
]

async function makeFolder (t: ExecutionContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'waylay-archive-'))
  t.teardown(async () => { await rm(folder, { recursive: true }) })
  return folder
}

test('tar unpacks what was packed, with the program executable', async t => {
  const folder = await makeFolder(t)
  await writeFile(join(folder, 'a.tar.gz'), tarGz(FILES))

  await run('tar', ['-xzf', 'a.tar.gz'], { cwd: folder })

  for (const { name, bytes } of FILES) t.deepEqual(await readFile(join(folder, name)), Buffer.from(bytes), name)
  t.is((await stat(join(folder, 'waylay'))).mode & 0o777, 0o755)
  t.is((await stat(join(folder, 'LICENSE'))).mode & 0o777, 0o644)
})

test('the directory of a zip leads to each file, with its sum and mode', t => {
  const bytes = zip(FILES)
  const end = bytes.length - 22
  t.is(bytes.readUInt32LE(end), 0x06054b50)
  t.is(bytes.readUInt16LE(end + 10), FILES.length)

  let at = bytes.readUInt32LE(end + 16)
  for (const file of FILES) {
    t.is(bytes.readUInt32LE(at), 0x02014b50)
    const [sum, packed] = [bytes.readUInt32LE(at + 16), bytes.readUInt32LE(at + 20)]
    const nameLength = bytes.readUInt16LE(at + 28)
    const [mode, head] = [bytes.readUInt16LE(at + 40), bytes.readUInt32LE(at + 42)]
    t.is(bytes.toString('ascii', at + 46, at + 46 + nameLength), file.name)
    t.is(mode, file.isProgram === true ? 0o100755 : 0o100644)
    t.is(bytes.readUInt32LE(head), 0x04034b50)
    const from = head + 30 + nameLength
    const unpacked = inflateRawSync(bytes.subarray(from, from + packed))
    t.deepEqual(unpacked, Buffer.from(file.bytes))
    t.is(crc32(unpacked), sum)
    at += 46 + nameLength
  }
  t.is(at, end)
})

test('an archive of the same files is the same bytes, whenever made', t => {
  t.deepEqual(tarGz(FILES), tarGz(FILES))
  t.deepEqual(zip(FILES), zip(FILES))
  t.deepEqual([...tarGz(FILES).subarray(4, 8)], [0, 0, 0, 0])
})

test('a name that a tar head cannot hold is refused', t => {
  t.throws(() => tarGz([{ name: 'x'.repeat(101), bytes: Buffer.alloc(0) }]), { message: /^No name for an archive/ })
  t.throws(() => tarGz([{ name: 'wäylay', bytes: Buffer.alloc(0) }]), { message: /^No name for an archive/ })
})

test('sums are read back as they were written, and by sha256sum', async t => {
  const folder = await makeFolder(t)
  await writeFile(join(folder, 'b.zip'), zip(FILES))
  await writeFile(join(folder, 'a.tar.gz'), tarGz(FILES))
  await writeFile(join(folder, 'other.txt'), '')

  const sums = await writeSums(folder)

  const text = await readFile(join(folder, 'SHA256SUMS'), 'utf8')
  t.deepEqual(readSums(text), sums)
  t.deepEqual([...sums.keys()], ['a.tar.gz', 'b.zip'])
  t.is(sums.get('b.zip'), createHash('sha256').update(zip(FILES)).digest('hex'))
  t.regex((await run('sha256sum', ['--check', 'SHA256SUMS'], { cwd: folder })).stdout, /a\.tar\.gz: OK\nb\.zip: OK/)
  t.throws(() => readSums('abc  a.zip\n'), { message: 'No line of SHA256SUMS: abc  a.zip' })
})
