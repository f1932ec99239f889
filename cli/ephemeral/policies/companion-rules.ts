import type { AuthorizationRule } from './istio-kinds.ts'

type Source = Readonly<Record<string, readonly string[]>>

// What a source says of the request itself, which the companion hands on as it came. All else is about who connects.
const OF_REQUEST = ['requestPrincipals', 'notRequestPrincipals']

/**
 * The same rules for what the companion brings: who called was judged at the original, where the request came in, and
 * is out of sight behind the companion. Methods, paths and tokens are judged again.
 *
 * @param principal of the companion. Empty where no rule looks at who calls: then it is let through like everybody.
 */
export function rulesForCompanion (
  rules: readonly AuthorizationRule[], principal: string
): readonly AuthorizationRule[] {
  return rules.filter(judgesCaller).map(({ from = [], to, when = [] }) => ({
    from: (from.length === 0 ? [{}] : from).map(({ source = {} }: { readonly source?: Source }) => ({
      source: { principals: [principal], ...pick(source, OF_REQUEST) }
    })),
    ...(to !== undefined && { to }),
    ...(when.some(isOfRequest) && { when: when.filter(isOfRequest) })
  }))
}

/** Rules that refuse, but for the companion where they look at who calls. */
export function sparingCompanion (
  rules: readonly AuthorizationRule[], principal: string
): readonly AuthorizationRule[] {
  return rules.map(rule => judgesCaller(rule)
    ? { ...rule, when: [...rule.when ?? [], { key: 'source.principal', notValues: [principal] }] }
    : rule)
}

export function judgesCaller ({ from = [], when = [] }: AuthorizationRule): boolean {
  return !when.every(isOfRequest) ||
    from.some(({ source = {} }) => Object.keys(source).some(field => !OF_REQUEST.includes(field)))
}

function isOfRequest ({ key }: { readonly key: string }): boolean {
  return !key.startsWith('source.') && key !== 'remote.ip'
}

function pick (source: Source, fields: readonly string[]): Source {
  return Object.fromEntries(Object.entries(source).filter(([field]) => fields.includes(field)))
}
