import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'
import { pageAt, ROOT, tableOf } from '../docs/pages.ts'
import type { Rule } from './user-with-rights.ts'

/** `verb group resource`, for each right. */
export type RightSet = ReadonlySet<string>

export function keyOf (verb: string, group: string, resource: string): string {
  return `${verb} ${group} ${resource}`
}

/** What everybody who is logged in may: the ClusterRole `system:basic-user`. */
const EVERYBODY = [
  keyOf('create', 'authorization.k8s.io', 'selfsubjectaccessreviews'),
  keyOf('create', 'authorization.k8s.io', 'selfsubjectrulesreviews'),
  keyOf('create', 'authentication.k8s.io', 'selfsubjectreviews')
]

/** The roles that have a table of their own, by its last column. */
const HEADERS: Readonly<Record<string, string>> = {
  'waylay-developer': 'For', 'waylay-ci': 'For CI', 'waylay-environments': 'For environments'
}

/** What docs/rights.md says that a ClusterRole of ours gives, and what everybody has; of `nobody` only that. */
export function rightsOnPage (role: string): RightSet {
  if (role === 'nobody') return new Set(EVERYBODY)
  const header = HEADERS[role]
  return new Set([...EVERYBODY, ...header === undefined ? otherRole(role) : ownTable(header)])
}

function ownTable (header: string): readonly string[] {
  return tableOf(pageAt('docs/rights.md'), ['API group', 'Resources', 'Verbs', header])
    .flatMap(([group = '', resources = '', verbs = '']) => words(resources).flatMap(resource =>
      words(verbs).map(verb => keyOf(verb, group === '(core)' ? '' : words(group)[0] ?? '', resource))))
}

function otherRole (role: string): readonly string[] {
  const row = tableOf(pageAt('docs/rights.md'), ['ClusterRole', 'Gives', 'For']).find(([name]) => name === `\`${role}\``)
  const [verb, ...resources] = words(row?.[1] ?? '')
  if (verb === undefined) throw new Error(`docs/rights.md has no row for ${role}`)
  return resources.map(text => {
    const [, resource = '', group = ''] = /^([a-z/]+)(?:\.(.*))?$/.exec(text) ?? []
    return keyOf(verb, group, resource)
  })
}

type NamedRule = Rule & { readonly resourceNames?: readonly string[] }
type Role = { readonly kind: string, readonly rules?: readonly NamedRule[] }

/**
 * The rules of the webhook's account, of roles of these kinds: `ClusterRole` counts everywhere, `Role` in its own
 * namespace too. test/docs/rights.test.ts holds the same file to the page.
 */
export function rulesOfWebhook (kinds: readonly string[]): readonly NamedRule[] {
  return parseAllDocuments(readFileSync(join(ROOT, 'manifests/webhook-rbac.yaml'), 'utf8'))
    .map(document => document.toJS() as Role)
    .filter(({ kind }) => kinds.includes(kind)).flatMap(({ rules = [] }) => rules)
}

/** What everybody and these rules give for any object. */
export function namelessRights (rules: readonly NamedRule[]): RightSet {
  return new Set([...EVERYBODY, ...rules.filter(({ resourceNames }) => resourceNames === undefined)
    .flatMap(({ apiGroups, resources, verbs }) => apiGroups.flatMap(group =>
      resources.flatMap(resource => verbs.map(verb => keyOf(verb, group, resource)))))])
}

function words (cell: string): readonly string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, word = '']) => word)
}
