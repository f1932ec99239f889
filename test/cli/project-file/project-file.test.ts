/* eslint-disable no-template-curly-in-string -- references to variables are what it is about */
import { readFileSync } from 'node:fs'
import test from 'ava'
import { parse } from 'yaml'
import { expand } from '../../../cli/project-file/expand.ts'
import { FILE_KEYS, INTERCEPT_KEYS } from '../../../cli/project-file/keys.ts'
import { parseProjectFile } from '../../../cli/project-file/project-file.ts'
import { blocksOf, pageAt, tableOf } from '../../docs/pages.ts'
import { faultsOf, type JsonSchema } from '../../helpers/json-schema.ts'

const schema = JSON.parse(readFileSync(new URL('../../../docs/waylay.schema.json', import.meta.url), 'utf8')) as JsonSchema
const page = pageAt('docs/waylay-yaml.md')
const read = (text: string, env: Readonly<Record<string, string>> = {}) => parseProjectFile('waylay.yaml', text, env)

test('every key is read as the flag of its name would be', t => {
  const { intercepts, namespace, context } = read(`
context: kind-dev
namespace: shop
intercepts:
  payments:
    workload: service/payments
    namespace: other
    port: [3000:http, "127.0.0.1:3001:8081"]
    http-header: [x-user=maria@example.org, x-team=pay*]
    http-path-prefix: /api
    method: post
    take-over: true
    host-header: localhost:3000
    run: npm run dev -- --port $PORT
    dir: ./payments
    env: { PORT: 3000, NAME: "\${USER}" }
`, { USER: 'maria' })

  t.is(context, 'kind-dev')
  t.is(namespace, 'shop')
  t.deepEqual(intercepts, [{
    name: 'payments',
    workload: { kind: 'service', name: 'payments' },
    namespace: 'other',
    ports: [{ port: 3000, app: 'http' }, { port: 3001, host: '127.0.0.1', app: 8081 }],
    match: {
      httpHeader: [
        { type: 'Exact', name: 'x-user', value: 'maria@example.org' }, { type: 'Glob', name: 'x-team', value: 'pay*' }
      ],
      httpPathPrefix: { type: 'PathPrefix', value: '/api' },
      httpMethod: ['POST']
    },
    takeOver: true,
    hostHeader: 'localhost:3000',
    command: { kind: 'line', line: 'npm run dev -- --port $PORT' },
    dir: './payments',
    env: { PORT: '3000', NAME: 'maria' }
  }])
})

test('an intercept needs no more than a port, and takes the id of the file', t => {
  const { intercepts } = read('id: maria-3fk27d4a\nintercepts:\n  payments: { port: 3000 }\n  all: { port: 3001, global: true }\n')

  t.like(intercepts, [
    { name: 'payments', workload: { name: 'payments' }, ports: [{ port: 3000 }], match: { id: 'maria-3fk27d4a' } },
    { name: 'all', match: { global: true } }
  ])
  t.is(intercepts[1]?.match.id, undefined)
})

test('anchors are resolved, also from keys that nobody else reads', t => {
  const { intercepts } = read('x-port: &port 3000\nintercepts:\n  payments: { port: *port }\n')

  t.deepEqual(intercepts[0]?.ports, [{ port: 3000 }])
})

const refuses = test.macro((t, text: string, message: RegExp) => {
  t.throws(() => read(text), { code: 'WAYLAY_FILE_MALFORMED', message })
})

test('an unknown key is refused with its line', refuses, 'intercepts:\n  payments:\n    port: 3000\n    prot: 1\n',
  /^waylay\.yaml:4: unknown key "prot" in the intercept "payments"; there are: workload, /)
test('an unknown key of the file is refused with its line', refuses, 'namespaces: shop\nintercepts: { a: { port: 1 } }\n',
  /^waylay\.yaml:1: unknown key "namespaces" in the file/)
test('broken YAML is refused with its line', refuses, 'intercepts:\n  a: [1\n', /^waylay\.yaml:\d: /)
test('a key that stands twice is refused with its line', refuses, 'intercepts:\n  a: { port: 1 }\n  a: { port: 2 }\n',
  /^waylay\.yaml:3: .*unique/)
test('an empty file is refused', refuses, '', /^waylay\.yaml:1: the file must be a list of keys/)
test('a file without intercepts is refused', refuses, 'namespace: shop\n', /there is no key "intercepts"/)
test('an intercept without a port is refused by name', refuses, 'intercepts:\n  a:\n    run: x\n', /:3: the intercept "a" has no key "port"/)
test('a bad port is refused as the flag would refuse it', refuses, 'intercepts:\n  a:\n    port: 99999\n', /:3: Cannot read --port 99999/)
test('a flag that is no truth value is refused', refuses, 'intercepts:\n  a:\n    port: 1\n    global: maybe\n', /:4: global must be true or false/)
test('a variable that is not set is refused by name', refuses, 'intercepts:\n  a:\n    port: ${PORT}\n', /:3: port: the variable PORT is not set/)
test('a name that would garble the output is refused', refuses, 'intercepts:\n  "a b": { port: 1 }\n', /"a b" is no name/)
test('an empty run names no program', refuses, 'intercepts:\n  a:\n    port: 1\n    run: " "\n', /:4: run names no program/)

test('variables are put in as docker compose does', t => {
  const env = { A: 'x', EMPTY: '' }
  t.deepEqual(['${A}', '${EMPTY}', '${EMPTY:-y}', '${EMPTY-y}', '${B-y}', '${B:-y z}', '$$A ${A}$', '$A', 'a$'].map(text => expand(text, env)),
    ['x', '', 'y', '', 'y', 'y z', '$A x$', '$A', 'a$'])
  t.throws(() => expand('${B}', env), { message: /variable B is not set/ })
  t.throws(() => expand('${B:?give me B}', env), { message: 'B: give me B' })
  t.throws(() => expand('${B', env), { message: /not a whole reference/ })
  t.throws(() => expand('${}', env), { message: /not a whole reference/ })
})

test('the schema for editors and the page name the same keys as the reader', t => {
  t.deepEqual(Object.keys(schema.properties ?? {}), Object.keys(FILE_KEYS))
  t.deepEqual(Object.keys(schema.$defs?.['intercept']?.properties ?? {}), Object.keys(INTERCEPT_KEYS))
  const rowsOf = (object: JsonSchema | undefined) =>
    Object.entries(object?.properties ?? {}).map(([key, { description = '' }]) => [`\`${key}\``, description])
  const tables = page.text.split(/^## /m).filter(text => text.startsWith('Of ')).map(text => tableOf({ path: page.path, text }, ['Key', 'Means']))
  t.deepEqual(tables, [rowsOf(schema), rowsOf(schema.$defs?.['intercept'])])
})

test('what the reader takes fits the schema and what it refuses does not', t => {
  const [example] = blocksOf(page).filter(({ language }) => language === 'yaml')
  t.notThrows(() => read(example?.text ?? ''))
  t.deepEqual(faultsOf(parse(example?.text ?? ''), schema), [])
  for (const text of ['intercepts: { a: { port: 1, prot: 2 } }', 'intercepts: { a: {} }', 'ids: 1', 'intercepts: { a: { port: 1, global: 1 } }']) {
    t.true(faultsOf(parse(text), schema).length > 0, text)
    t.throws(() => read(text), { code: 'WAYLAY_FILE_MALFORMED' }, text)
  }
})
