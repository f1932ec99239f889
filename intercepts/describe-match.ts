import { escapeGlob } from './glob.ts'
import type { HeaderMatch } from './header-match.ts'
import { isGlobal, type Match } from './match.ts'
import type { PathMatch } from './path-match.ts'

/**
 * The match in words, for messages and lists: `x-waylay-id=maria-3fk27d4a and path under /api and method POST`,
 * `every request`.
 */
export function describeMatch (match: Match): string {
  if (isGlobal(match)) return 'every request'
  const { headers, path, methods = [] } = match
  return [
    ...headers.map(describeHeader),
    ...path === undefined ? [] : [describePath(path)],
    ...methods.length === 0 ? [] : [`method ${methods.join(' or ')}`]
  ].join(' and ')
}

/** As it is given to --http-header: there a star that means itself is written `\*`. */
export function describeHeader ({ type, name, value }: HeaderMatch): string {
  return `${name}=${type === 'Exact' && value.includes('*') ? escapeGlob(value) : value}`
}

function describePath ({ type, value }: PathMatch): string {
  switch (type) {
    case 'Exact': return `path ${value}`
    case 'PathPrefix': return `path under ${value}`
    case 'Glob': return `path like ${value}`
  }
}
