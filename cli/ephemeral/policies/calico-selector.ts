import type { Labels } from './label-selector.ts'

type Test = (labels: Labels) => boolean
type Token = { readonly kind: 'word' | 'text' | 'sign', readonly text: string }

const TOKEN = /\s*(?:("[^"]*"|'[^']*')|(==|!=|&&|\|\||[!(){},])|([a-zA-Z0-9_./-]+))/y

/**
 * Reads a selector as Calico writes it: `app == "payments" && has(tier)`.
 *
 * @returns undefined where it is none that we know.
 */
export function readCalicoSelector (text: string): Test | undefined {
  const tokens = tokensOf(text)
  if (tokens === undefined) return undefined
  if (tokens.length === 0) return () => true
  const reader = createReader(tokens)
  const test = readEither(reader)
  return reader.isAtEnd() ? test : undefined
}

function tokensOf (text: string): readonly Token[] | undefined {
  const tokens: Token[] = []
  TOKEN.lastIndex = 0
  while (text.slice(TOKEN.lastIndex).trim() !== '') {
    const found = TOKEN.exec(text)
    if (found === null) return undefined
    const [, quoted, sign, word = ''] = found
    if (quoted !== undefined) tokens.push({ kind: 'text', text: quoted.slice(1, -1) })
    else tokens.push(sign === undefined ? { kind: 'word', text: word } : { kind: 'sign', text: sign })
  }
  return tokens
}

type Reader = {
  /** The next token's text if it is of this kind, and (if given) this text. */
  take (kind: Token['kind'], text?: string): string | undefined
  isAtEnd (): boolean
}

function createReader (tokens: readonly Token[]): Reader {
  let position = 0
  return {
    take (kind, text) {
      const token = tokens[position]
      if (token?.kind !== kind || (text !== undefined && token.text !== text)) return undefined
      position++
      return token.text
    },
    isAtEnd: () => position === tokens.length
  }
}

// Each of these reads as much as it knows, or returns undefined.

function readEither (reader: Reader): Test | undefined {
  let test = readBoth(reader)
  while (test !== undefined && reader.take('sign', '||') !== undefined) {
    const [left, right] = [test, readBoth(reader)]
    test = right === undefined ? undefined : labels => left(labels) || right(labels)
  }
  return test
}

function readBoth (reader: Reader): Test | undefined {
  let test = readOne(reader)
  while (test !== undefined && reader.take('sign', '&&') !== undefined) {
    const [left, right] = [test, readOne(reader)]
    test = right === undefined ? undefined : labels => left(labels) && right(labels)
  }
  return test
}

function readOne (reader: Reader): Test | undefined {
  if (reader.take('sign', '!') !== undefined) {
    const test = readOne(reader)
    return test === undefined ? undefined : labels => !test(labels)
  }
  if (reader.take('sign', '(') !== undefined) {
    const test = readEither(reader)
    return reader.take('sign', ')') === undefined ? undefined : test
  }
  const word = reader.take('word')
  if (word === undefined) return undefined
  if (reader.take('sign', '(') !== undefined) return readCall(reader, word)
  return readComparison(reader, word)
}

function readCall (reader: Reader, name: string): Test | undefined {
  const key = name === 'has' ? reader.take('word') : undefined
  if (reader.take('sign', ')') === undefined) return undefined
  if (name === 'all' || name === 'global') return () => true
  return key === undefined ? undefined : labels => labels[key] !== undefined
}

function readComparison (reader: Reader, key: string): Test | undefined {
  const sign = reader.take('sign', '==') ?? reader.take('sign', '!=') ?? reader.take('word')
  if (sign === 'in' || sign === 'not') {
    if (sign === 'not' && reader.take('word', 'in') === undefined) return undefined
    const values = readSet(reader)
    return values === undefined
      ? undefined
      : labels => (labels[key] !== undefined && values.includes(labels[key])) === (sign === 'in')
  }
  if (sign === 'starts' || sign === 'ends') {
    if (reader.take('word', 'with') === undefined) return undefined
  }
  const value = reader.take('text')
  if (value === undefined) return undefined
  switch (sign) {
    case '==': return labels => labels[key] === value
    case '!=': return labels => labels[key] !== value
    case 'contains': return labels => labels[key]?.includes(value) === true
    case 'starts': return labels => labels[key]?.startsWith(value) === true
    case 'ends': return labels => labels[key]?.endsWith(value) === true
    case undefined:
    default: return undefined
  }
}

function readSet (reader: Reader): readonly string[] | undefined {
  if (reader.take('sign', '{') === undefined) return undefined
  const values: string[] = []
  for (let value = reader.take('text'); value !== undefined; value = reader.take('text')) {
    values.push(value)
    if (reader.take('sign', ',') === undefined) break
  }
  return reader.take('sign', '}') === undefined ? undefined : values
}
