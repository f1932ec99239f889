import { ROUTING_HEADER } from '../common/contract.ts'
import type { Problem } from './problem.ts'

/** The header that marks requests. */
export type Header = { readonly name: string, readonly value: string }

// RFC 9110, 5.6.2: token.
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/i

/** Those by which a browser or server tells connections, bodies and users apart: to set one breaks the site. */
const NOT_OURS = new RegExp(`^(?:${[
  'host', 'connection', 'content-.*', 'cookie', 'authorization', 'origin', 'transfer-encoding', 'te', 'upgrade',
  'sec-.*', 'proxy-.*', 'baggage'
].join('|')})$`)

const MAX_LENGTH = 256

/** @returns The header with its name in lower case, or what is wrong with it. */
export function readHeader (name: string, value: string): Header | Problem {
  const header = { name: name.trim().toLowerCase(), value: value.trim() }
  if (!TOKEN.test(header.name)) return { problem: `"${name}" is no name of a header` }
  if (NOT_OURS.test(header.name)) {
    return { problem: `"${header.name}" has another meaning: choose a header of your own` }
  }
  if (header.value === '') return { problem: 'There is no value yet: "waylay intercept" prints yours' }
  if (!/^[\x20-\x7e]+$/.test(header.value)) return { problem: 'The value has characters that a header cannot have' }
  if (header.name.length > MAX_LENGTH || header.value.length > MAX_LENGTH) {
    return { problem: `Name and value have at most ${MAX_LENGTH} characters each` }
  }
  return header
}

/**
 * Finds the header in what `waylay intercept` and `waylay preview` print: a line `x-waylay-id: maria-3fk27d4a`, alone,
 * in a sentence or behind `curl -H`; or a line with another header, alone or behind `curl -H`.
 */
export function findHeader (pasted: string): Header | undefined {
  const patterns = [
    new RegExp(`\\b(${ROUTING_HEADER})\\s*[:=]\\s*([\\w.-]+\\w)`, 'i'),
    /-H\s+'([\w-]+):\s*([^']+)'/, /-H\s+"([\w-]+):\s*([^"]+)"/, /^\s*([\w-]+):[ \t]*(?!\/\/)(\S.*?)\s*$/m
  ]
  for (const pattern of patterns) {
    const [, name, value] = pattern.exec(pasted) ?? []
    if (name === undefined || value === undefined) continue
    const header = readHeader(name, value)
    if (!('problem' in header)) return header
  }
  return undefined
}
