import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { JAVA_AGENT } from '../../build/java-agent.ts'
import { pageAt, ROOT } from './pages.ts'

const page = pageAt('docs/propagation.md')

/** The last cells of the rows of every table whose last column says by which test its claims are shown. */
function proofs (): readonly string[] {
  let shows = false
  return page.text.split('\n').flatMap(line => {
    if (!line.startsWith('|')) shows = false
    const last = line.split(' | ').at(-1)?.replace(/ \|$/, '') ?? ''
    if (last === 'Shown by') shows = true
    return shows && last !== 'Shown by' && !line.startsWith('|---') ? [last] : []
  })
}

/** What a test file calls its tests. A title with variable parts is a pattern with a group for each. */
function titlesIn (source: string): readonly RegExp[] {
  return [...source.matchAll(/^\s*test(?:\.serial)?\(\s*(['`])(.*?)\1,/gms)].map(([, , title = '']) => {
    const fixed = title.replace(/\\'/g, '\'').split(/\$\{.*?\}/)
    return new RegExp(`^${fixed.map(part => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('(.+)')}$`)
  })
}

/** Why a proof is none, if it is none. */
function faultOf (proof: string): string | undefined {
  if (proof === 'untested' || proof === 'tried by hand') return undefined
  const [, file = '', title = ''] = /^`(test\/[\w/.-]+\.test\.ts)`: (.+)$/.exec(proof) ?? []
  if (file === '') return 'is neither "untested", "tried by hand" nor a file and a title'
  if (!existsSync(join(ROOT, file))) return `there is no ${file}`
  const source = readFileSync(join(ROOT, file), 'utf8')
  const texts = source + helpersOf(file, source)
  // What stands in a variable part has to come from somewhere: a row of a table, or a list of a helper.
  const isThere = titlesIn(source).map(known => known.exec(title))
    .some(match => match?.slice(1).every(part => part.split(', ').every(piece => texts.includes(`'${piece}'`))))
  return isThere ? undefined : `${file} has no test "${title}"`
}

function helpersOf (file: string, source: string): string {
  return [...source.matchAll(/ from '(\.[^']+)'/g)]
    .map(([, path = '']) => readFileSync(join(ROOT, file, '..', path), 'utf8')).join('\n')
}

test('every claim about propagation names a test that is there, or says that none does', t => {
  const all = proofs()

  t.true(all.filter(proof => proof !== 'untested').length > 10)
  t.true(all.includes('untested'))
  t.deepEqual(all.map(proof => ({ proof, fault: faultOf(proof) })).filter(({ fault }) => fault !== undefined), [])
})

test('what was tried by hand alone says with which versions', t => {
  const rows = page.text.split('\n').filter(line => line.endsWith('| tried by hand |'))

  t.true(rows.length > 0)
  t.deepEqual(rows.filter(row => !/ \d+(\.\d+)?/.test(row)), [])
})

test('the check of claims finds a wrong title, a wrong file and a claim without either', t => {
  const file = 'test/docs/propagation.test.ts'
  t.is(faultOf(`\`${file}\`: every claim about propagation names a test that is there, or says that none does`), undefined)
  t.is(faultOf(`\`${file}\`: every claim`), `${file} has no test "every claim"`)
  const chain = 'test/e2e/chain.test.ts'
  const title = 'intercepts the third: perl under stock OpenTelemetry'
  t.is(faultOf(`\`${chain}\`: the header, sent to perl alone, ${title}`),
    `${chain} has no test "the header, sent to perl alone, ${title}"`)
  t.is(faultOf('`test/docs/absent.test.ts`: a title'), 'there is no test/docs/absent.test.ts')
  t.is(faultOf('tested'), 'is neither "untested", "tried by hand" nor a file and a title')
})

test('the versions that the page names are the ones that the tests run', t => {
  const read = (file: string): string => readFileSync(join(ROOT, 'test/e2e/fixtures/chain/otel', file), 'utf8')
  const { dependencies } = JSON.parse(read('package.json')) as { readonly dependencies: Readonly<Record<string, string>> }
  const { devDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    readonly devDependencies: Readonly<Record<string, string>>
  }
  const [, distro = ''] = /^opentelemetry-distro==(\S+)/m.exec(read('requirements.txt')) ?? []

  t.true(page.text.includes(`version ${dependencies['@opentelemetry/auto-instrumentations-node']}, Node ${devDependencies['node']}`))
  t.true(page.text.includes(`opentelemetry-distro ${distro},`))
  t.true(page.text.includes(`version ${JAVA_AGENT.version},`))
})
