import { readFileSync } from 'node:fs'
import type { ExecutionContext } from 'ava'
import { faultsOf, type JsonSchema } from '../../helpers/json-schema.ts'

/** Reads `docs/schemas/<name>.schema.json`. */
export function readSchema (name: string): JsonSchema {
  const file = new URL(`../../../docs/schemas/${name}.schema.json`, import.meta.url)
  return JSON.parse(readFileSync(file, 'utf8')) as JsonSchema
}

/** Parses what a command printed for programs and holds it to its schema. Returns it. */
export function fitsSchema (t: ExecutionContext, text: string, name: string): unknown {
  const value: unknown = JSON.parse(text)
  t.deepEqual(faultsOf(value, readSchema(name)), [])
  return value
}
