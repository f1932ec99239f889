import { isSecretName, MASK } from './secret-name.ts'

// Each begins at a "<" or ends before one, and none can fail once it began: a text is read once from left to right.
const PIECE = new RegExp([
  '<!--[^]*?(?:-->|$)',
  '<!\\[CDATA\\[(?<data>[^]*?)(?<dataEnd>\\]\\]>|$)',
  '<(?<slash>/?)(?<name>[^\\s<>/"\'?!]+)(?<rest>(?:"[^"]*(?:"|$)|\'[^\']*(?:\'|$)|[^"\'>])*)(?<end>>|$)',
  '(?<said>[^<]+)',
  '<+(?=<)|<'
].join('|'), 'g')
const ATTRIBUTE = /(?<![^\s"'])([^\s=/"']+)(\s*=\s*)("[^"]*(?:"|$)|'[^']*(?:'|$)|[^\s"']+)/g
/** Attributes that name what another attribute or the text holds: `<add key="password" value="…">`. */
const NAMING = /(?:^|[\s"':])(?:name|key|id)\s*=\s*(?:"([^"]*)|'([^']*))/gi
const IS_NAMING = /^(?:name|key|id)$/i
/** Attributes that hold it. */
const HOLDING = /(?:^|[\s"':])(?:value|content)\s*=/i
const IS_HOLDING = /^(?:value|content)$/i
/** Of a form in a page: the element whose text is its value. */
const IS_FIELD = /^textarea$/i

/**
 * Hides values in XML and in pages, also where their end is missing: the text of elements and the values of attributes
 * that are named like secrets. Elements in such an element are looked into, not hidden.
 *
 * @param maskText hides what a text of XML holds that is an address itself.
 */
export function maskXml (text: string, maskText: (text: string) => string): string {
  // In a page a text may be a script, where "?" begins no query.
  const isPage = /^\s*(?:<!doctype html|<html)\b/i.test(text)
  let element = ''
  let isSecret = false
  /** What a list says in an element of its own: `<key>password</key><string>…`. */
  let isNamed = false
  return text.replace(PIECE, (piece: string, ...found) => {
    const { name, rest = '', slash, end = '', data, dataEnd = '', said } = found.at(-1) as Groups
    if (name !== undefined && slash === '/') {
      isSecret = false
      element = ''
      return piece
    }
    if (name !== undefined) {
      element = withoutPrefix(name)
      const isLookedInto = !isPage || IS_FIELD.test(element)
      isSecret = isLookedInto && !rest.endsWith('/') && (isNamed || isSecretName(element) || namesSecret(rest))
      isNamed = false
      return `<${name}${maskAttributes(rest)}${end}`
    }
    if (data !== undefined) return isSecret && data.trim() !== '' ? `<![CDATA[${MASK}${dataEnd}` : piece
    if (said === undefined || said.trim() === '') return piece
    isNamed = /^(?:key|name)$/i.test(element) && isSecretName(said.trim())
    if (isSecret && !isNamed) return said.replace(/\S[^]*\S|\S/, MASK)
    return isPage ? said : maskText(said)
  })
}

type Groups = Partial<Record<'name' | 'rest' | 'slash' | 'end' | 'data' | 'dataEnd' | 'said', string>>

function maskAttributes (attributes: string): string {
  if (!attributes.includes('=')) return attributes
  const isNamed = namesSecret(attributes)
  const holds = HOLDING.test(attributes)
  return attributes.replace(ATTRIBUTE, (attribute, name: string, between: string, value: string) => {
    // A namespace is an address and no secret, whatever it is called.
    if (/^xmlns\b/i.test(name)) return attribute
    const plain = withoutPrefix(name)
    const isHidden = (isNamed && IS_HOLDING.test(plain)) || (isSecretName(plain) && !(holds && IS_NAMING.test(plain)))
    const quote = /^["']/.exec(value)?.[0] ?? ''
    return isHidden ? `${name}${between}${quote}${MASK}${quote}` : attribute
  })
}

/** Whether one of its attributes says that the value beside it is a secret. */
function namesSecret (attributes: string): boolean {
  return [...attributes.matchAll(NAMING)].some(([, double, single]) => isSecretName(double ?? single ?? ''))
}

/** `wsse:Password` is a password in any namespace. */
function withoutPrefix (name: string): string {
  return name.slice(name.lastIndexOf(':') + 1)
}
