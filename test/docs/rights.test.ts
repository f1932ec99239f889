import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { parseAllDocuments } from 'yaml'
import type { Asked } from '../../cli/cluster/asked.ts'
import { RIGHTS, RIGHTS_OF_ENVIRONMENTS } from '../../cli/cluster/missing-right.ts'
import { readCommandRights } from '../helpers/rights-table.ts'
import { pageAt, ROOT, tableOf } from './pages.ts'

type Rule = {
  readonly apiGroups: readonly string[]
  readonly resources: readonly string[]
  readonly verbs: readonly Asked['verb'][]
}
type ClusterRole = { readonly metadata: { readonly name: string }, readonly rules: readonly Rule[] }

const page = pageAt('docs/rights.md')
const roles = parseAllDocuments(readFileSync(join(ROOT, 'manifests/developer-rbac.yaml'), 'utf8'), { strict: true })
  .map(document => document.toJS() as ClusterRole)

function words (cell: string | undefined): readonly string[] {
  return [...(cell ?? '').matchAll(/`([^`]+)`/g)].map(([, word = '']) => word)
}

for (const [role, header] of [
  ['waylay-developer', 'For'], ['waylay-ci', 'For CI'], ['waylay-environments', 'For environments']
] as const) {
  test(`the table of the rights of ${role} equals the rules of the ClusterRole`, t => {
    const rows = tableOf(page, ['API group', 'Resources', 'Verbs', header]).map(([group = '', resources, verbs]): Rule => ({
      apiGroups: group === '(core)' ? [''] : words(group), resources: words(resources), verbs: words(verbs) as Rule['verbs']
    }))
    t.deepEqual(rows, roles.find(({ metadata }) => metadata.name === role)?.rules as Rule[])
  })
}

test('the right that a refusal names a ClusterRole for is in that ClusterRole, and no right of developers is missing', t => {
  const granted = grantedByRole()
  const isNamed = ([, { role }]: [string, { role?: string }]): boolean => /-(developer|environment|identity)$/.test(role ?? '')
  t.deepEqual(RIGHTS, Object.fromEntries(granted.filter(isNamed)))
  const ofEnvironments = granted.filter(([, { role }]) => role === 'waylay-environments')
  // Where a developer has every right that it gives, the smaller role is named.
  const more = ofEnvironments.filter(([name, { verbs }]) =>
    !verbs.every(verb => RIGHTS[name]?.verbs.includes(verb) === true))
  t.deepEqual(RIGHTS_OF_ENVIRONMENTS, Object.fromEntries(more))
})

function grantedByRole () {
  return roles.flatMap(({ metadata: { name }, rules }) => rules.flatMap(({ apiGroups: [group = ''], resources, verbs }) =>
    resources.map((resource): [string, { readonly role: string, readonly verbs: Rule['verbs'] }] => {
      const [plural = '', subresource] = resource.split('/')
      const named = `${plural}${group && `.${group}`}${subresource === undefined ? '' : `/${subresource}`}`
      return [named, { role: name, verbs }]
    })))
}

test('every other ClusterRole for people stands in the docs with its verb', t => {
  const rows = tableOf(page, ['ClusterRole', 'Gives', 'For'])
  const others = roles.filter(({ metadata }) => !/^waylay-(developer|ci|environments)$/.test(metadata.name))
  t.deepEqual(rows.map(([name]) => words(name)[0]), others.map(({ metadata }) => metadata.name))
  for (const [index, { rules }] of others.entries()) {
    t.deepEqual(words(rows[index]?.[1]).slice(0, 1), rules.flatMap(({ verbs }) => verbs))
  }
})

const commands = readCommandRights()

function rightsOf (...names: readonly string[]): readonly string[] {
  return commands.filter(({ command }) => names.includes(command)).flatMap(({ rights }) => rights)
    .filter(({ elsewhere }) => elsewhere === undefined).map(({ verb, group, resource }) => `${verb} ${group} ${resource}`)
}

for (const [role, ...names] of [
  ['waylay-ci', 'waylay intercept', 'waylay list', 'waylay leave'],
  ['waylay-environments', 'waylay intercept', 'waylay list', 'waylay leave', 'waylay env list', 'waylay env extend',
    'waylay env down'],
  ['waylay-developer', 'waylay intercept', 'waylay list', 'waylay leave', 'waylay down', 'waylay logs', 'waylay status',
    'waylay doctor', 'waylay version', 'waylay preview', 'waylay preview --share', 'waylay preview list',
    'waylay preview revoke']
] as const) {
  test(`every right that the docs ask of its commands is in ${role}`, t => {
    const { rules = [] } = roles.find(({ metadata }) => metadata.name === role) ?? {}
    const granted = rules.flatMap(({ apiGroups, resources, verbs }) =>
      resources.flatMap(resource => verbs.map(verb => `${verb} ${apiGroups[0] ?? ''} ${resource}`)))
    const asked = rightsOf(...names)
    t.true(asked.length > 12)
    t.deepEqual(asked.filter(right => !granted.includes(right)), [])
  })
}

const KNOWN_VERBS = new Set(['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'])

for (const [who, file] of [
  ['webhook', 'webhook-rbac.yaml'], ['the same, where a pull secret', 'components/pull-secret/rbac.yaml'],
  ['preview gateway', 'components/preview/rbac.yaml']
] as const) {
  test(`the rights in the docs of "${who}" are those of its roles`, t => {
    const roles = parseAllDocuments(readFileSync(join(ROOT, 'manifests', file), 'utf8'))
      .map(document => document.toJS() as { kind: string, rules?: readonly Rule[] })
      .filter(({ kind }) => /^(Cluster)?Role$/.test(kind))
    const verbs = roles.flatMap(({ rules = [] }) => rules.flatMap(({ verbs }) => verbs)).sort()
    const row = tableOf(page, ['Who', 'May']).find(([first]) => first?.startsWith(who))
    t.deepEqual(words(row?.[1]).filter(word => KNOWN_VERBS.has(word)).sort(), verbs)
  })
}
