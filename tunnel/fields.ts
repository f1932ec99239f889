import { FAILURES, type WaylayCode } from '../common/failures.ts'
import { ProtocolViolation } from './errors.ts'

/** A message's fields as they came, checked one by one at the door. */
export type Fields = Readonly<Record<string, unknown>>

/** @throws {ProtocolViolation} */
export function toFields (value: unknown): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid('(whole)', value)
  return value as Fields
}

export function readText (fields: Fields, name: string): string {
  const value = fields[name]
  if (typeof value !== 'string') throw invalid(name, value)
  return value
}

export function readCount (fields: Fields, name: string): number {
  const value = fields[name]
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw invalid(name, value)
  return value
}

/** Milliseconds, with fractions. */
export function readDuration (fields: Fields, name: string): number {
  const value = fields[name]
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) throw invalid(name, value)
  return value
}

export function readPort (fields: Fields, name: string): number {
  const value = readCount(fields, name)
  if (value < 1 || value > 65535) throw invalid(name, value)
  return value
}

export function readFlag (fields: Fields, name: string): boolean {
  const value = fields[name]
  if (typeof value !== 'boolean') throw invalid(name, value)
  return value
}

export function readList<T> (fields: Fields, name: string, readItem: (item: unknown) => T): T[] {
  const value = fields[name]
  if (!Array.isArray(value)) throw invalid(name, value)
  return value.map(item => readItem(item))
}

export function readTexts (fields: Fields, name: string): string[] {
  return readList(fields, name, item => {
    if (typeof item !== 'string') throw invalid(name, item)
    return item
  })
}

/** A code that this version has no row for comes from another version, and its hint says so. */
export function readCode (fields: Fields, name: string): WaylayCode {
  const value = readText(fields, name)
  return Object.hasOwn(FAILURES, value) ? value as WaylayCode : 'WAYLAY_TUNNEL_PROTOCOL'
}

function invalid (name: string, value: unknown): ProtocolViolation {
  const shown = value === undefined ? 'missing' : JSON.stringify(value).slice(0, 80)
  return new ProtocolViolation(`Field "${name}" is ${shown}`)
}
