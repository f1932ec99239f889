import { execFileSync } from 'node:child_process'
import test from 'ava'
import { WaylayError } from '../../../common/errors.ts'
import { excludes } from '../../../cli/environment/exclude.ts'
import { formatLines, LINE_FORMATS, type LineFormat } from '../../../cli/environment/formats.ts'
import { isHidden } from '../../../cli/environment/hidden.ts'

// Compared once with the parsers themselves: 20,000 random values through docker/cli 29.9.3 and compose-go 2.16.2.
type Written = readonly [value: string, portable: string | null, docker: string | null, compose: string | null]
const VALUES: readonly Written[] = [
  ['plain', 'plain', 'plain', 'plain'],
  ['', '', '', ''],
  ['a b', 'a b', 'a b', '"a b"'],
  ['a=b;c,{"x":1}', 'a=b;c,{"x":1}', 'a=b;c,{"x":1}', '"a=b;c,{\\"x\\":1}"'],
  [' a', null, ' a', '" a"'],
  ['a ', null, 'a ', '"a "'],
  ['"a"', null, '"a"', '"\\"a\\""'],
  ['\'a\'', null, '\'a\'', '"\'a\'"'],
  ['a#b', null, 'a#b', '"a#b"'],
  ['$HOME', null, '$HOME', '"\\$HOME"'],
  ['a\\n', null, 'a\\n', '"a\\\\n"'],
  ['a\nb', null, null, '"a\\nb"'],
  ['a\r', null, null, '"a\\r"'],
  ['a\rb', null, 'a\rb', '"a\\rb"'],
  ['é😀', 'é😀', 'é😀', '"é😀"'],
  ['x'.repeat(65_535), null, null, 'x'.repeat(65_535)]
]

test('each format writes what its reader reads, or refuses', t => {
  for (const [value, ...results] of VALUES) {
    for (const [index, result] of results.entries()) {
      const format = LINE_FORMATS[index] as LineFormat
      const title = `${format} ${JSON.stringify(value.slice(0, 20))}`
      if (result === null) {
        const error = t.throws(() => formatLines([{ name: 'GOOD', value: 'x' }, { name: 'BAD', value }], format), { instanceOf: WaylayError }, title)
        t.is(error.code, 'WAYLAY_ENV_UNWRITABLE', title)
        t.regex(error.message, new RegExp(`${format} cannot hold BAD \\(`), title)
      } else {
        t.deepEqual(formatLines([{ name: 'A', value }], format), [`A=${result}`], title)
      }
    }
  }
})

test('names that a format does not know are refused by name', t => {
  const refused = (name: string): readonly string[] =>
    LINE_FORMATS.filter(format => isRefused(name, format))
  t.deepEqual(refused('a.b-c'), ['sh'])
  t.deepEqual(refused('0day'), ['sh'])
  t.deepEqual(refused('a b'), ['portable', 'docker', 'compose', 'sh'])
  t.deepEqual(refused('#a'), ['portable', 'docker', 'compose', 'sh'])
  t.deepEqual(refused('a;b'), ['portable', 'compose', 'sh'])
  t.deepEqual(refused('A_1'), [])
})

function isRefused (name: string, format: LineFormat): boolean {
  try {
    formatLines([{ name, value: '' }], format)
    return false
  } catch {
    return true
  }
}

test('a real shell reads every value back as it was', t => {
  const values = ['', 'plain', '$(touch x)`id`', 'it\'s', '\'', '\\', 'a\nb\n', '"$HOME"', '!!', '\r\t é😀', '\'; exit 1; \'']
  const lines = formatLines(values.map((value, index) => ({ name: `V${index}`, value })), 'sh')
  const print = `process.stdout.write(JSON.stringify(${JSON.stringify(values.map((_, index) => `V${index}`))}.map(name => process.env[name])))`

  const read = execFileSync('sh', ['-c', 'eval "$LINES"; exec "$NODE" -e "$PRINT"'],
    { encoding: 'utf8', env: { LINES: lines.join('\n'), NODE: process.execPath, PRINT: print } })

  t.deepEqual(JSON.parse(read), values)
})

const NOT_HIDDEN = { value: 'x', isSecret: false }

test('secrets are known by their source, their name and their look', t => {
  t.true(isHidden({ name: 'PLAIN', value: 'x', isSecret: true }))
  for (const name of ['DB_PASSWORD', 'apiKey', 'API-KEY', 'GITHUB_TOKEN', 'AWS_SECRET_ACCESS_KEY', 'DB_PWD', 'basic.auth', 'SPRING_CONNECTION_STRING']) {
    t.true(isHidden({ name, ...NOT_HIDDEN }), name)
  }
  for (const name of ['HOST', 'AUTHOR', 'COMPASS', 'BYPASS', 'KEYBOARD', 'MONKEY']) t.false(isHidden({ name, ...NOT_HIDDEN }), name)
  t.false(isHidden({ name: 'DB_PASSWORD', value: '', isSecret: false }))
  for (const value of ['postgres://maria:pw@db/x', 'amqp://:pw@q', 'see https://a:b@c', '-----BEGIN RSA PRIVATE KEY-----\nx', '-----BEGIN PRIVATE KEY-----']) {
    t.true(isHidden({ name: 'A', value, isSecret: false }), value)
  }
  for (const value of ['postgres://db/x', 'http://maria@db', 'http://db:80/a:b@c', '-----BEGIN CERTIFICATE-----']) {
    t.false(isHidden({ name: 'A', value, isSecret: false }), value)
  }
})

test('patterns of --env-exclude fit whole names', t => {
  const isExcluded = excludes(['DB_*', 'app.properties'])
  t.deepEqual(['DB_', 'DB_X', 'MY_DB_X', 'app.properties', 'appXproperties'].filter(isExcluded), ['DB_', 'DB_X', 'app.properties'])
  t.false(excludes()('A'))
})
