import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import test from 'ava'
import ts from 'typescript'
import { pageAt, ROOT } from './pages.ts'

/** Whom each file imports, types too. */
type Imports = ReadonlyMap<string, readonly string[]>

test('imports never run in a circle', t => {
  t.true(pageAt('CONTRIBUTING.md').text.includes('never in a circle'))
  const imports = readImports()
  t.true(imports.get('tunnel/open-session.ts')?.includes('tunnel/session.ts'))
  t.is(findCircle(imports)?.join(' -> '), undefined)
})

test('a circle is found, whatever leads into it', t => {
  const circle = findCircle(new Map([['a', ['d', 'b']], ['b', ['c']], ['c', ['d', 'b']], ['d', []]]))
  t.deepEqual(circle, ['b', 'c', 'b'])
  t.is(findCircle(new Map([['a', ['b', 'c']], ['b', ['c']], ['c', []]])), undefined)
})

function readImports (): Imports {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '*.ts'],
    { cwd: ROOT, encoding: 'utf8' })
  const files = listed.split('\0').filter(file => file !== '' && existsSync(join(ROOT, file)))
  return new Map(files.map(file => {
    const { importedFiles } = ts.preProcessFile(readFileSync(join(ROOT, file), 'utf8'))
    const ours = importedFiles.filter(({ fileName }) => fileName.startsWith('.'))
    return [file, ours.map(({ fileName }) => posix.join(posix.dirname(file), fileName))]
  }))
}

/** The first circle that there is, from a file back to itself. */
function findCircle (imports: Imports): readonly string[] | undefined {
  const done = new Set<string>()
  const follow = (file: string, way: readonly string[]): readonly string[] | undefined => {
    if (way.includes(file)) return [...way.slice(way.indexOf(file)), file]
    if (done.has(file)) return undefined
    for (const imported of imports.get(file) ?? []) {
      const circle = follow(imported, [...way, file])
      if (circle !== undefined) return circle
    }
    done.add(file)
    return undefined
  }
  for (const file of imports.keys()) {
    const circle = follow(file, [])
    if (circle !== undefined) return circle
  }
  return undefined
}
