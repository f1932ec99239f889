import { isDeepStrictEqual } from 'node:util'

/** As much of JSON Schema (2020-12) as our schemas use; a keyword that is not here is refused, not passed over. */
export type JsonSchema = {
  readonly $schema?: string
  readonly $id?: string
  readonly title?: string
  readonly description?: string
  readonly type?: JsonType | readonly JsonType[]
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly patternProperties?: Readonly<Record<string, JsonSchema>>
  readonly additionalProperties?: boolean | JsonSchema
  readonly items?: JsonSchema
  readonly minItems?: number
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly anyOf?: readonly JsonSchema[]
  readonly oneOf?: readonly JsonSchema[]
  readonly minimum?: number
  readonly maximum?: number
  readonly pattern?: string
  readonly minLength?: number
  readonly default?: unknown
  readonly examples?: readonly unknown[]
  readonly $ref?: string
  readonly $defs?: Readonly<Record<string, JsonSchema>>
}

type JsonType = 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean' | 'null'

const SAYS_NOTHING = new Set(['$schema', '$id', 'title', 'description', 'default', 'examples', '$defs'])

/** What of the value the schema does not allow: one line for each fault, with the place. Empty when all is well. */
export function faultsOf (value: unknown, schema: JsonSchema, root = schema, at = '$'): readonly string[] {
  return Object.entries(schema).flatMap(([keyword, wanted]) => {
    if (SAYS_NOTHING.has(keyword)) return []
    const check = CHECKS[keyword]
    if (check === undefined) throw new Error(`This reader knows no keyword "${keyword}" of JSON Schema, at ${at}`)
    return check({ value, schema, root, at, wanted })
  })
}

type Check = (given: {
  readonly value: unknown
  readonly schema: JsonSchema
  readonly root: JsonSchema
  readonly at: string
  /** The keyword's own value. */
  readonly wanted: unknown
}) => readonly string[]

const CHECKS: Readonly<Record<string, Check>> = {
  type: ({ value, at, wanted }) => {
    const types = [wanted].flat() as readonly JsonType[]
    return types.some(type => isOfType(value, type)) ? [] : [`${at} is ${JSON.stringify(value)}, not ${types.join(' or ')}`]
  },
  properties: ({ value, root, at, wanted }) => isObject(value)
    ? Object.entries(wanted as Record<string, JsonSchema>).flatMap(([name, schema]) =>
      Object.hasOwn(value, name) ? faultsOf(value[name], schema, root, `${at}.${name}`) : [])
    : [],
  required: ({ value, at, wanted }) => isObject(value)
    ? (wanted as readonly string[]).filter(name => !Object.hasOwn(value, name)).map(name => `${at}.${name} is missing`)
    : [],
  patternProperties: ({ value, root, at, wanted }) => isObject(value)
    ? Object.entries(wanted as Record<string, JsonSchema>).flatMap(([pattern, schema]) => Object.entries(value)
      .filter(([name]) => new RegExp(pattern, 'u').test(name))
      .flatMap(([name, item]) => faultsOf(item, schema, root, `${at}.${name}`)))
    : [],
  additionalProperties: ({ value, schema, root, at, wanted }) => {
    if (!isObject(value)) return []
    const patterns = Object.keys(schema.patternProperties ?? {}).map(pattern => new RegExp(pattern, 'u'))
    const others = Object.entries(value).filter(([name]) =>
      !Object.hasOwn(schema.properties ?? {}, name) && !patterns.some(pattern => pattern.test(name)))
    return others.flatMap(([name, item]) => {
      if (typeof wanted === 'boolean') return wanted ? [] : [`${at}.${name} is not in the schema`]
      return faultsOf(item, wanted as JsonSchema, root, `${at}.${name}`)
    })
  },
  items: ({ value, root, at, wanted }) => Array.isArray(value)
    ? value.flatMap((item, index) => faultsOf(item, wanted as JsonSchema, root, `${at}[${index}]`))
    : [],
  minItems: ({ value, at, wanted }) => Array.isArray(value) && value.length < Number(wanted) ? [`${at} has too few items`] : [],
  enum: ({ value, at, wanted }) => (wanted as readonly unknown[]).some(item => isDeepStrictEqual(item, value))
    ? []
    : [`${at} is ${JSON.stringify(value)}, not one of ${JSON.stringify(wanted)}`],
  const: ({ value, at, wanted }) => isDeepStrictEqual(value, wanted) ? [] : [`${at} is not ${JSON.stringify(wanted)}`],
  anyOf: ({ value, root, at, wanted }) => passing(value, wanted, root) > 0 ? [] : [`${at} fits none of its forms: ${JSON.stringify(value)}`],
  oneOf: ({ value, root, at, wanted }) => passing(value, wanted, root) === 1 ? [] : [`${at} does not fit one of its forms: ${JSON.stringify(value)}`],
  minimum: ({ value, at, wanted }) => typeof value === 'number' && value < Number(wanted) ? [`${at} is less than ${Number(wanted)}`] : [],
  maximum: ({ value, at, wanted }) => typeof value === 'number' && value > Number(wanted) ? [`${at} is more than ${Number(wanted)}`] : [],
  pattern: ({ value, at, wanted }) => typeof value === 'string' && !new RegExp(String(wanted), 'u').test(value) ? [`${at} is ${JSON.stringify(value)}, not ${String(wanted)}`] : [],
  minLength: ({ value, at, wanted }) => typeof value === 'string' && value.length < Number(wanted) ? [`${at} is too short`] : [],
  $ref: ({ value, root, at, wanted }) => {
    const name = /^#\/\$defs\/(\w+)$/.exec(String(wanted))?.[1] ?? ''
    const schema = root.$defs?.[name]
    if (schema === undefined) throw new Error(`Nothing at ${String(wanted)}`)
    return faultsOf(value, schema, root, at)
  }
}

function passing (value: unknown, forms: unknown, root: JsonSchema): number {
  return (forms as readonly JsonSchema[]).filter(form => faultsOf(value, form, root).length === 0).length
}

function isOfType (value: unknown, type: JsonType): boolean {
  switch (type) {
    case 'null': return value === null
    case 'array': return Array.isArray(value)
    case 'object': return isObject(value)
    case 'integer': return Number.isInteger(value)
    case 'string': return typeof value === 'string'
    case 'number': return typeof value === 'number'
    case 'boolean': return typeof value === 'boolean'
  }
}

function isObject (value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
