import {
  INIT_CONTAINER_NAME, INJECTED_ENV, INJECTED_LABEL, PROPAGATE_CONTAINER_NAME, PROXY_CONTAINER_NAME
} from '../../common/contract.ts'
import { parseQuantity } from '../../webhook/injection/quantity.ts'

type Fields = Readonly<Record<string, unknown>>

const OURS: readonly unknown[] = [INIT_CONTAINER_NAME, PROPAGATE_CONTAINER_NAME, PROXY_CONTAINER_NAME]

/**
 * What of an expected pod is missing in the one the API server answered with, as paths; it may hold more, because the
 * API server writes defaults. Compared without what differs between any two installations: image, key, ids, namespace.
 */
export function missingFrom (actual: unknown, expected: unknown): readonly string[] {
  return [...missing(levelled(actual), levelled(expected), '')]
}

function * missing (actual: unknown, expected: unknown, path: string): Generator<string> {
  // The API server drops what is empty.
  if (isEmpty(expected) && isEmpty(actual)) return
  if (Array.isArray(expected)) {
    const items: readonly unknown[] = Array.isArray(actual) ? actual : []
    if (items.length !== expected.length) yield `${path}: ${items.length} instead of ${expected.length} items`
    for (const [index, item] of expected.entries()) yield * missing(items[index], item, `${path}/${index}`)
  } else if (isObject(expected)) {
    for (const [key, value] of Object.entries(expected)) {
      yield * missing(isObject(actual) ? actual[key] : undefined, value, `${path}/${key}`)
    }
  } else if (actual !== expected && !isSameAmount(actual, expected, path)) {
    yield `${path}: ${JSON.stringify(actual)} instead of ${JSON.stringify(expected)}`
  }
}

// The API server writes an amount in the one way it likes best.
function isSameAmount (actual: unknown, expected: unknown, path: string): boolean {
  if (!/\/resources\/(requests|limits)\//.test(path) || typeof actual !== 'string') return false
  return parseQuantity(actual) === parseQuantity(String(expected))
}

function levelled (pod: unknown): unknown {
  return JSON.parse(JSON.stringify(pod), (key, value: unknown) => {
    if (key === INJECTED_LABEL) return '(id)'
    if (!isObject(value)) return value
    if (OURS.includes(value['name'])) {
      return { ...value, image: undefined, imagePullPolicy: undefined }
    }
    return value['name'] === INJECTED_ENV.config ? { ...value, value: levelledConfig(String(value['value'])) } : value
  })
}

function levelledConfig (text: string): unknown {
  return { ...JSON.parse(text) as object, ticketKey: undefined, namespace: undefined }
}

function isObject (value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isEmpty (value: unknown): boolean {
  return value === undefined || value === null || value === '' || (typeof value === 'object' && Object.keys(value).length === 0)
}
