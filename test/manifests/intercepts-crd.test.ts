import { readFileSync } from 'node:fs'
import test from 'ava'
import { parse } from 'yaml'
import { MATCH_LIMITS } from '../../intercepts/match-limits.ts'

type Schema = {
  readonly maxItems?: number
  readonly maxLength?: number
  readonly pattern?: string
  readonly enum?: readonly string[]
  readonly required?: readonly string[]
  readonly items: Schema
  readonly properties: Readonly<Record<string, Schema>>
}

const file = new URL('../../manifests/intercepts-crd.yaml', import.meta.url)
const crd = parse(readFileSync(file, 'utf8')) as {
  readonly spec: { readonly versions: readonly [{ readonly schema: { readonly openAPIV3Schema: Schema } }] }
}
const match = dig(crd.spec.versions[0].schema.openAPIV3Schema, 'spec', 'match')
const [header, path, methods] = [dig(match, 'headers').items, dig(match, 'path'), dig(match, 'methods')]

function dig (schema: Schema, ...names: readonly string[]): Schema {
  return names.reduce((node, name) => {
    const next = node.properties[name]
    if (next === undefined) throw new Error(`The schema has no ${name}`)
    return next
  }, schema)
}

test('the schema has the limits that the code has', t => {
  t.deepEqual({
    headers: dig(match, 'headers').maxItems,
    nameLength: dig(header, 'name').maxLength,
    valueLength: dig(header, 'value').maxLength,
    pathLength: dig(path, 'value').maxLength,
    methods: methods.maxItems,
    methodLength: methods.items.maxLength
  } as object, MATCH_LIMITS)
})

test('the schema knows the types that the code knows, and wants them said', t => {
  t.deepEqual(dig(header, 'type').enum, ['Exact', 'Glob'])
  t.deepEqual(dig(path, 'type').enum, ['Exact', 'PathPrefix', 'Glob'])
  t.deepEqual([header.required, path.required], [['type', 'name', 'value'], ['type', 'value']])
})

const texts: readonly (readonly [field: string, schema: Schema, good: readonly string[], bad: readonly string[]])[] = [
  ['header name', dig(header, 'name'), ['x-id', 'X_1.~', '`'], ['x id', 'x:y', 'größe', '']],
  ['header value', dig(header, 'value'), ['a b*', 'mária', '\\*'], ['a\nb', '\u0000', '\u007f']],
  ['path', dig(path, 'value'), ['/', '/api/*/x%20y', '*/orders', '/café'], ['api', '', '/a?b', '/a#b', '/a b', '/a\n']],
  ['method', methods.items, ['GET', 'M-SEARCH'], ['get', '', 'G T', '-']]
]
for (const [field, schema, good, bad] of texts) {
  test(`the schema's ${field} refuses nonsense`, t => {
    const pattern = new RegExp(schema.pattern ?? '', 'u')
    for (const text of good) t.regex(text, pattern)
    for (const text of bad) t.notRegex(text, pattern)
  })
}
