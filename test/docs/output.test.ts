import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { readSchema } from '../cli/helpers/fits-schema.ts'
import type { JsonSchema } from '../helpers/json-schema.ts'
import { pageAt, ROOT } from './pages.ts'

const page = pageAt('docs/output.md')
const names = readdirSync(join(ROOT, 'docs/schemas')).map(file => file.replace('.schema.json', ''))

/** The rows that a schema makes in docs/output.md: one for each field. */
function rowsOf (schema: JsonSchema, path = ''): readonly string[] {
  const forms = [...schema.anyOf ?? [], ...schema.oneOf ?? []]
  const inside = [
    ...Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
      const at = path === '' ? name : `${path}.${name}`
      const optional = schema.required?.includes(name) === true ? '' : ', may be missing'
      return [`| \`${at}\` | ${typeOf(field)}${optional} | ${field.description ?? ''} |`, ...rowsOf(field, at)]
    }),
    ...schema.items === undefined ? [] : rowsOf(schema.items, `${path}[]`),
    ...forms.flatMap(form => rowsOf(form, path))
  ]
  return [...new Set(inside)]
}

function typeOf ({ type, anyOf, enum: choices, const: only }: JsonSchema): string {
  if (only !== undefined) return `\`${JSON.stringify(only)}\``
  if (choices !== undefined) return choices.map(choice => choice === null ? 'null' : `\`${JSON.stringify(choice)}\``).join(', ')
  if (anyOf !== undefined) return anyOf.map(typeOf).join(' or ')
  return type === undefined ? 'any' : [type].flat().join(' or ')
}

for (const name of names) {
  test(`the page of outputs shows every field of the schema ${name}`, t => {
    const schema = readSchema(name)
    t.regex(page.text, new RegExp(`^## \`${schema.title ?? 'no title'}\`$`, 'm'))
    t.true(page.text.includes(`(schemas/${name}.schema.json)`))
    const section = page.text.split(/^## /m).find(text => text.startsWith(`\`${schema.title ?? ''}\``)) ?? ''
    const rows = section.split('\n').filter(line => line.startsWith('| `'))
    t.deepEqual(rows, [...rowsOf(schema)])
    t.deepEqual(rows.filter(row => row.endsWith('|  |')), [], 'each field says what it means')
  })
}
