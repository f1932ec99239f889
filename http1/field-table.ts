import { ROUTING_HEADER } from '../common/contract.ts'
import { trimOws, type Field } from './fields.ts'
import { COLON, CR, equalsLowerCase, IS_TOKEN, IS_VALUE, LF, MALFORMED, PARTIAL, SP, TAB } from './syntax.ts'

/** Numbers for each line in the table: where name and value begin and end. */
const NUMBERS_PER_LINE = 4
const FIRST_LINES = 64

/**
 * Where the header lines of one head stand, and what they say about its framing: found in one pass over the bytes,
 * with nothing made of them. A table is filled again for each head and speaks only of the last one.
 */
export class FieldTable {
  hosts = 0
  contentLengths = 0
  /** Of the last Content-Length; -1 when it is not 1 to 15 digits, all of which are exact numbers. */
  contentLength = 0
  transferEncodings = 0
  /** Whether the last Transfer-Encoding is exactly `chunked`. */
  chunked = false
  hasUpgrade = false
  /** Also where Connection names it. */
  hasRoutingHeader = false
  expectContinue = false
  connectionClose = false
  connectionKeepAlive = false
  connectionUpgrade = false
  #hasConnection = false
  #count = 0
  #bytes: Buffer = Buffer.alloc(0)
  #at = new Int32Array(FIRST_LINES * NUMBERS_PER_LINE)

  /**
   * Reads header lines up to the empty line.
   *
   * @param from where the first line begins, after the start line.
   * @returns the index after the empty line; PARTIAL; or MALFORMED when a line is not exactly `token ":" OWS value OWS
   *   CRLF`: folded lines, whitespace before the colon, bare CR or LF and NUL are ways to be read differently by two
   *   servers (RFC 9112, 5).
   */
  scan (bytes: Buffer, from: number, to: number): number {
    this.#clear(bytes)
    let at = from
    while (at < to) {
      if (bytes[at] === CR) {
        if (at + 1 === to) return PARTIAL
        return bytes[at + 1] === LF ? at + 2 : MALFORMED
      }
      const nameFrom = at
      while (at < to && IS_TOKEN[bytes[at] as number] === 1) at++
      if (at === to) return PARTIAL
      if (at === nameFrom || bytes[at] !== COLON) return MALFORMED
      const nameTo = at++
      while (at < to && IS_VALUE[bytes[at] as number] === 1) at++
      if (at === to) return PARTIAL
      if (bytes[at] !== CR) return MALFORMED
      if (at + 1 === to) return PARTIAL
      if (bytes[at + 1] !== LF) return MALFORMED
      this.#add(nameFrom, nameTo, at)
      at += 2
    }
    return PARTIAL
  }

  /** Values of all lines with this name (lower case), latin1; none where Connection names it. */
  values (name: string): readonly string[] {
    let values: string[] | undefined
    for (let line = 0; line < this.#count; line++) {
      const at = line * NUMBERS_PER_LINE
      if (!equalsLowerCase(this.#bytes, this.#number(at), this.#number(at + 1), name)) continue
      values ??= []
      values.push(this.#text(at + 2))
    }
    if (values === undefined || this.isHopByHop(name)) return NONE
    return values
  }

  /** Index after the value of the last line with this name (lower case); -1 where there is none. */
  lastValueEnd (name: string): number {
    const line = this.#lastLine(name)
    return line === -1 ? -1 : this.#number(line + 3)
  }

  /** Index of the first byte of that value; -1 where there is no such line. */
  lastValueStart (name: string): number {
    const line = this.#lastLine(name)
    return line === -1 ? -1 : this.#number(line + 2)
  }

  /** Whether Connection names it (lower case): it is meant for this hop alone (RFC 9110, 7.6.1). */
  isHopByHop (name: string): boolean {
    if (!this.#hasConnection) return false
    for (let line = 0; line < this.#count; line++) {
      const at = line * NUMBERS_PER_LINE
      if (!equalsLowerCase(this.#bytes, this.#number(at), this.#number(at + 1), 'connection')) continue
      if (this.#text(at + 2).toLowerCase().split(',').some(member => trimOws(member) === name)) return true
    }
    return false
  }

  /** All lines as text: what a head that is written anew is made of. */
  fields (): Field[] {
    return Array.from({ length: this.#count }, (_, line) => {
      const sentName = this.#text(line * NUMBERS_PER_LINE)
      return [sentName.toLowerCase(), this.#text(line * NUMBERS_PER_LINE + 2), sentName] as const
    })
  }

  /** How many lines there are. */
  get count (): number {
    return this.#count
  }

  #clear (bytes: Buffer): void {
    this.#bytes = bytes
    this.#count = 0
    this.hosts = 0
    this.contentLengths = 0
    this.transferEncodings = 0
    this.hasUpgrade = false
    this.hasRoutingHeader = false
    this.expectContinue = false
    this.#hasConnection = false
    this.connectionClose = false
    this.connectionKeepAlive = false
    this.connectionUpgrade = false
  }

  #add (nameFrom: number, nameTo: number, lineEnd: number): void {
    let valueFrom = nameTo + 1
    let valueTo = lineEnd
    while (valueFrom < valueTo && isOws(this.#bytes[valueFrom])) valueFrom++
    while (valueTo > valueFrom && isOws(this.#bytes[valueTo - 1])) valueTo--
    const at = this.#count++ * NUMBERS_PER_LINE
    if (at === this.#at.length) this.#grow()
    this.#at[at] = nameFrom
    this.#at[at + 1] = nameTo
    this.#at[at + 2] = valueFrom
    this.#at[at + 3] = valueTo
    this.#learn(nameFrom, nameTo, valueFrom, valueTo)
  }

  // By length first: most names are none of these and cost one comparison.
  #learn (nameFrom: number, nameTo: number, valueFrom: number, valueTo: number): void {
    const bytes = this.#bytes
    switch (nameTo - nameFrom) {
      case 4:
        if (equalsLowerCase(bytes, nameFrom, nameTo, 'host')) this.hosts++
        break
      case 6:
        if (!equalsLowerCase(bytes, nameFrom, nameTo, 'expect')) break
        if (equalsLowerCase(bytes, valueFrom, valueTo, '100-continue')) this.expectContinue = true
        break
      case 7:
        if (equalsLowerCase(bytes, nameFrom, nameTo, 'upgrade')) this.hasUpgrade = true
        break
      case 10:
        if (equalsLowerCase(bytes, nameFrom, nameTo, 'connection')) this.#learnConnection(valueFrom, valueTo)
        break
      // ROUTING_HEADER.
      case 11:
        if (equalsLowerCase(bytes, nameFrom, nameTo, ROUTING_HEADER)) this.hasRoutingHeader = true
        break
      case 14:
        if (!equalsLowerCase(bytes, nameFrom, nameTo, 'content-length')) break
        this.contentLengths++
        this.contentLength = readLength(bytes, valueFrom, valueTo)
        break
      case 17:
        if (!equalsLowerCase(bytes, nameFrom, nameTo, 'transfer-encoding')) break
        this.transferEncodings++
        this.chunked = equalsLowerCase(bytes, valueFrom, valueTo, 'chunked')
        break
    }
  }

  #learnConnection (from: number, to: number): void {
    this.#hasConnection = true
    const bytes = this.#bytes
    for (let at = from; at < to; at++) {
      const memberFrom = at
      while (at < to && bytes[at] !== COMMA) at++
      this.#learnOption(memberFrom, at)
    }
  }

  #learnOption (memberFrom: number, memberTo: number): void {
    const bytes = this.#bytes
    let from = memberFrom
    let to = memberTo
    while (from < to && isOws(bytes[from])) from++
    while (to > from && isOws(bytes[to - 1])) to--
    if (equalsLowerCase(bytes, from, to, 'close')) this.connectionClose = true
    else if (equalsLowerCase(bytes, from, to, 'keep-alive')) this.connectionKeepAlive = true
    else if (equalsLowerCase(bytes, from, to, 'upgrade')) this.connectionUpgrade = true
  }

  #lastLine (name: string): number {
    for (let at = (this.#count - 1) * NUMBERS_PER_LINE; at >= 0; at -= NUMBERS_PER_LINE) {
      if (equalsLowerCase(this.#bytes, this.#number(at), this.#number(at + 1), name)) return at
    }
    return -1
  }

  #number (at: number): number {
    return this.#at[at] as number
  }

  #text (at: number): string {
    return this.#bytes.toString('latin1', this.#at[at], this.#at[at + 1])
  }

  #grow (): void {
    const larger = new Int32Array(this.#at.length * 2)
    larger.set(this.#at)
    this.#at = larger
  }
}

const NONE: readonly string[] = []
const COMMA = 44
const MAX_LENGTH_DIGITS = 15

function isOws (byte: number | undefined): boolean {
  return byte === SP || byte === TAB
}

function readLength (bytes: Buffer, from: number, to: number): number {
  if (to === from || to - from > MAX_LENGTH_DIGITS) return -1
  let length = 0
  for (let at = from; at < to; at++) {
    const digit = (bytes[at] as number) - 48
    if (digit < 0 || digit > 9) return -1
    length = length * 10 + digit
  }
  return length
}
