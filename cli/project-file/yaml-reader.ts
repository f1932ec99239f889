import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, type Document, type Node, type Pair } from 'yaml'
import { WaylayError } from '../../common/errors.ts'
import { expand } from './expand.ts'

/** A key with its value, and where it stands. */
export type Entry = { readonly key: string, readonly value: Node | null, readonly line: number }

/** Reads a YAML file so that each fault is told with its line. */
export class YamlReader {
  readonly #file: string
  readonly #document: Document
  readonly #lines = new LineCounter()
  readonly #env: Readonly<Record<string, string | undefined>>

  /** @throws {WaylayError} `WAYLAY_FILE_MALFORMED` where it is no YAML. */
  constructor (file: string, text: string, env: Readonly<Record<string, string | undefined>>) {
    this.#file = file
    this.#env = env
    this.#document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false })
    const [error] = this.#document.errors
    if (error !== undefined) throw this.#fault(this.#lines.linePos(error.pos[0]).line, error.message)
  }

  get root (): Node | null {
    return this.#document.contents
  }

  /**
   * The entries of a map.
   *
   * @param known keys that may stand in it; undefined: any.
   * @throws {WaylayError} naming a key that is unknown.
   */
  entries (node: Node | null, what: string, known?: readonly string[]): readonly Entry[] {
    const map = this.#resolve(node)
    if (!isMap(map)) throw this.faultAt(map, `${what} must be a list of keys with values, like "key: value"`)
    return map.items.map(pair => this.#entry(pair)).filter(({ key, line }) => {
      // As in compose: a place for anchors.
      if (known === undefined || known.includes(key)) return true
      if (key.startsWith('x-')) return false
      throw this.#fault(line, `unknown key "${key}" in ${what}; there are: ${known.join(', ')}`)
    })
  }

  /** A text or a number as text, variables put in; `raw` leaves them to a shell. */
  text (node: Node | null, what: string, raw = false): string {
    const scalar = this.#resolve(node)
    const value = isScalar(scalar) ? scalar.value : undefined
    if (typeof value !== 'string' && typeof value !== 'number') throw this.faultAt(scalar, `${what} must be a text`)
    // As it stands in the file: 3000:8080 or 0100 mean what they look like.
    const text = isScalar(scalar) && typeof value === 'number' ? scalar.source ?? String(value) : String(value)
    if (raw) return text
    try {
      return expand(text, this.#env)
    } catch (error) {
      throw this.faultAt(scalar, `${what}: ${(error as Error).message}`)
    }
  }

  flag (node: Node | null, what: string): boolean {
    const scalar = this.#resolve(node)
    if (isScalar(scalar) && typeof scalar.value === 'boolean') return scalar.value
    throw this.faultAt(scalar, `${what} must be true or false`)
  }

  /** One text, or a list of them. */
  texts (node: Node | null, what: string): readonly string[] {
    const found = this.#resolve(node)
    if (!isSeq(found)) return [this.text(found, what)]
    return found.items.map(item => this.text(item as Node, what))
  }

  isList (node: Node | null): boolean {
    return isSeq(this.#resolve(node))
  }

  /** A failure of the reader of one value, told with its place. */
  at<T> (node: Node | null, read: () => T): T {
    try {
      return read()
    } catch (error) {
      if (error instanceof WaylayError && error.code === 'WAYLAY_FILE_MALFORMED') throw error
      throw this.faultAt(node, (error as Error).message, error instanceof WaylayError ? error.hint : undefined)
    }
  }

  faultAt (node: Node | null, message: string, hint?: string): WaylayError {
    const offset = node?.range?.[0]
    return this.#fault(offset === undefined ? 1 : this.#lines.linePos(offset).line, message, hint)
  }

  #entry (pair: Pair): Entry {
    const key = pair.key as Node
    const line = this.#lines.linePos(key.range?.[0] ?? 0).line
    if (!isScalar(key)) throw this.#fault(line, 'a key must be a text')
    return { key: String(key.value), value: pair.value as Node | null, line }
  }

  #resolve (node: Node | null): Node | null {
    return isAlias(node) ? node.resolve(this.#document) ?? null : node
  }

  #fault (line: number, message: string, hint?: string): WaylayError {
    return new WaylayError('WAYLAY_FILE_MALFORMED', `${this.#file}:${line}: ${message}`, hint === undefined ? {} : { hint })
  }
}
