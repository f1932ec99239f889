import { readFileSync } from 'node:fs'
import test from 'ava'
import { parseAllDocuments } from 'yaml'
import { companionRules, type Rule } from '../../cli/ephemeral/plan/companion-rules.ts'
import type { CopyPlan } from '../../cli/ephemeral/plan/environment-plan.ts'

type ClusterRole = { readonly metadata: { readonly name: string }, readonly rules: readonly Rule[] }

const roles = parseAllDocuments(readFileSync(new URL('../../manifests/developer-rbac.yaml', import.meta.url), 'utf8'))
  .map(document => document.toJS() as ClusterRole)

function rightsOf (rules: readonly Rule[]): readonly string[] {
  return rules.flatMap(({ apiGroups, resources, verbs }) =>
    apiGroups.flatMap(group => resources.flatMap(resource => verbs.map(verb => `${verb} ${group} ${resource}`))))
}

const given = (name: string): ReadonlySet<string> =>
  new Set(rightsOf(roles.find(({ metadata }) => metadata.name === name)?.rules ?? []))

test('who makes an environment has every right of its companion: nobody may give what they do not have', t => {
  const copies = ['deployment', 'statefulset', 'daemonset', 'replicaset'].map(kind =>
    ({ original: { id: `${kind}/app` }, ports: [{ port: 8080, intercept: 'app-8080-x' }] })) as unknown as readonly CopyPlan[]
  const rights = rightsOf(companionRules('pr-1', copies))

  t.true(rights.length > 10)
  t.deepEqual(rights.filter(right => !given('waylay-environments').has(right)), [])
})

test('who makes environments may intercept as well', t => {
  t.deepEqual([...given('waylay-ci')].filter(right => !given('waylay-environments').has(right)), [])
})

test('nothing of it reads Secrets, makes tokens, binds more than it has, or acts as somebody else', t => {
  const rights = [...given('waylay-environments')]
  t.deepEqual(rights.filter(right => /secrets|token|nodes|^(bind|escalate|impersonate|\*|global|takeover) /.test(right)), [])
})
