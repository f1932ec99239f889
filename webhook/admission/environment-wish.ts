import { isDeepStrictEqual } from 'node:util'
import { MIN_PERSONAL_VALUE_LENGTH } from '../../common/contract.ts'
import { WaylayError } from '../../common/errors.ts'
import { readEnvironmentName } from '../../environments/names.ts'
import { parseMatch } from '../../intercepts/match.ts'

/** What somebody asks for in an Environment, checked as far as we depend on it. The owner is not read from it. */
export type EnvironmentRequest = {
  readonly name: string
  readonly header: string
  readonly value: string
  /** ms since the epoch. */
  readonly expiresAtMs: number
}

type Fields = Readonly<Record<string, unknown>>

// As the CRD says it, which is asked later than we are.
const VALUE = /^[A-Za-z0-9][A-Za-z0-9._-]*$/
const MAX_VALUE_LENGTH = 64
const WORKLOAD = /^[a-z][a-z0-9]*\/[a-z0-9][a-z0-9.-]*$/
const COPY = /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/
const MAX_WORKLOADS = 32
// RFC 3339 in the form that the API server stores.
const TIME = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/

/**
 * Reads the wish in an Environment.
 *
 * @throws {WaylayError} `WAYLAY_ENVIRONMENT_INVALID` or `WAYLAY_HEADER_MALFORMED` naming the field.
 */
export function readEnvironmentRequest (object: unknown): EnvironmentRequest {
  const spec = fieldsOf(object, 'spec')
  const name = readName(fieldsOf(object, 'metadata')['name'])
  const header = readHeader(spec)
  readWorkloads(spec['workloads'])
  return { name, ...header, expiresAtMs: readTime(spec['expiresAt']) }
}

/** What of a stored Environment can never change. Empty where it was made without the webhook. */
export function readFixed (object: unknown): {
  readonly header?: string, readonly value?: string, readonly owner?: string, readonly expiresAt?: string
} {
  const { header, value, owner, expiresAt } = fieldsOf(object, 'spec')
  return {
    ...(typeof header === 'string' && { header }),
    ...(typeof value === 'string' && { value }),
    ...(typeof owner === 'string' && owner !== '' && { owner }),
    ...(typeof expiresAt === 'string' && { expiresAt })
  }
}

/** Whether labels, annotations, finalizers or owners are all that an update changes. */
export function isSameSpec (object: unknown, oldObject: unknown): boolean {
  return isDeepStrictEqual(fieldsOf(object, 'spec'), fieldsOf(oldObject, 'spec'))
}

export function invalidEnvironment (field: string, value: unknown, wanted: string): WaylayError {
  const shown = (JSON.stringify(value) ?? 'missing').slice(0, 200)
  return new WaylayError('WAYLAY_ENVIRONMENT_INVALID', `${field} is ${shown}, not ${wanted}`)
}

function readName (name: unknown): string {
  if (typeof name !== 'string' || name === '') {
    throw invalidEnvironment('metadata.name', name, 'a name; generateName makes none that is known beforehand')
  }
  try {
    return readEnvironmentName(name)
  } catch (error) {
    const { message, hint } = error as WaylayError
    throw new WaylayError('WAYLAY_ENVIRONMENT_INVALID', message, { cause: error, hint })
  }
}

/** A header that no Intercept could have would be found out by the companion, much later. */
function readHeader ({ header, value }: Fields): { readonly header: string, readonly value: string } {
  if (typeof header !== 'string' || header !== header.toLowerCase()) {
    throw invalidEnvironment('spec.header', header, 'a header\'s name in lower case')
  }
  if (typeof value !== 'string' || !VALUE.test(value) || value.length > MAX_VALUE_LENGTH || value.length < MIN_PERSONAL_VALUE_LENGTH) {
    throw invalidEnvironment('spec.value', value,
      `${MIN_PERSONAL_VALUE_LENGTH} to ${MAX_VALUE_LENGTH} letters, digits, ".", "_" and "-"`)
  }
  // It passes over spaces around a name, which would be stored here.
  if (parseMatch({ headers: [{ type: 'Exact', name: header, value }] }).headers[0]?.name !== header) {
    throw invalidEnvironment('spec.header', header, 'a header\'s name in lower case')
  }
  return { header, value }
}

function readWorkloads (list: unknown): void {
  if (!Array.isArray(list) || list.length === 0 || list.length > MAX_WORKLOADS) {
    throw invalidEnvironment('spec.workloads', Array.isArray(list) ? list.length : list, `a list of 1 to ${MAX_WORKLOADS}`)
  }
  const seen = new Set<string>()
  for (const [index, item] of (list as readonly (Fields | null)[]).entries()) {
    const { workload, copy } = item ?? {}
    const field = `spec.workloads[${index}]`
    if (typeof workload !== 'string' || !WORKLOAD.test(workload)) throw invalidEnvironment(`${field}.workload`, workload, 'kind/name')
    if (typeof copy !== 'string' || !COPY.test(copy)) throw invalidEnvironment(`${field}.copy`, copy, 'the name of a Service')
    for (const one of [workload, copy]) {
      if (seen.has(one)) throw invalidEnvironment(field, one, 'another than the rest of the list')
      seen.add(one)
    }
  }
}

function readTime (text: unknown): number {
  const ms = typeof text === 'string' && TIME.test(text) ? Date.parse(text.toUpperCase()) : NaN
  if (Number.isNaN(ms)) throw invalidEnvironment('spec.expiresAt', text, 'a time as in RFC 3339')
  return ms
}

function fieldsOf (value: unknown, name: string): Fields {
  return ((value as Fields | null)?.[name] ?? {}) as Fields
}
