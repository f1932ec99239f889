import { readFileSync } from 'node:fs'
import test from 'ava'
import { parseAllDocuments } from 'yaml'
import { PULL_SECRET_NAME, SYSTEM_NAMESPACE } from '../../common/contract.ts'

type Fields = Readonly<Record<string, unknown>>

function readYaml (path: string): readonly Fields[] {
  const text = readFileSync(new URL(`../../manifests/${path}`, import.meta.url), 'utf8')
  return parseAllDocuments(text, { strict: true }).map(document => {
    if (document.errors[0] !== undefined) throw document.errors[0]
    return document.toJS() as Fields
  })
}

/** Follows a path of names and numbers. */
function dig (value: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>((node, key) => (node as Fields | undefined)?.[key], value)
}

const [deployment] = readYaml('webhook-deployment.yaml')
const template = dig(deployment, 'spec', 'template')

test('the NetworkPolicy selects the webhook\'s pods and lets reviews in', t => {
  const [policy] = readYaml('examples/network-policy.yaml')

  t.deepEqual(dig(policy, 'spec', 'podSelector', 'matchLabels'), dig(template, 'metadata', 'labels'))
  t.deepEqual(dig(policy, 'spec', 'ingress', 0, 'ports', 0, 'port'), dig(template, 'spec', 'containers', 0, 'ports', 0, 'containerPort'))
})

test('setting, right and cert-manager\'s certificate name the same Secret', t => {
  const [component] = readYaml('examples/supplied-certificate/kustomization.yaml')
  const [role, binding] = readYaml('examples/supplied-certificate/rbac.yaml')
  const certificates = readYaml('examples/supplied-certificate/cert-manager.yaml')
  const [patch] = parseAllDocuments(String(dig(component, 'patches', 0, 'patch'))).map(document => document.toJS() as Fields[])
  const name = dig(patch, 0, 'value', 'value')

  t.like(dig(patch, 0), { op: 'add', path: '/spec/template/spec/containers/0/env/-', value: { name: 'WAYLAY_CERTIFICATE_SECRET' } })
  t.deepEqual(dig(role, 'rules'), [{ apiGroups: [''], resources: ['secrets'], resourceNames: [name], verbs: ['get', 'list', 'watch'] }])
  t.is(dig(binding, 'subjects', 0, 'name'), dig(template, 'spec', 'serviceAccountName'))
  const leaf = certificates.find(item => dig(item, 'spec', 'secretName') === name)
  t.true((dig(leaf, 'spec', 'dnsNames') as string[]).includes('waylay-webhook.waylay-system.svc'))
})

test('elsewhere the webhook may write no Secret but copies of the pull secret', t => {
  const [role, roleBinding] = readYaml('components/pull-secret/rbac.yaml')
  const [policy, binding] = readYaml('components/pull-secret/policy.yaml')
  const [subject] = dig(roleBinding, 'subjects') as { namespace: string, name: string }[]
  const conditions = dig(policy, 'spec', 'matchConditions') as { expression: string }[]
  const writes = (dig(role, 'rules') as { verbs: string[] }[]).flatMap(({ verbs }) => verbs).filter(verb => verb !== 'get')
  const [covered] = dig(policy, 'spec', 'matchConstraints', 'resourceRules') as { operations: string[], resources: string[] }[]

  t.deepEqual(conditions.map(({ expression }) => expression), [
    `request.userInfo.username == 'system:serviceaccount:${subject?.namespace}:${subject?.name}'`,
    `request.namespace != '${SYSTEM_NAMESPACE}'`
  ])
  t.deepEqual(covered?.resources, ['secrets'])
  t.deepEqual(covered?.operations, writes.map(verb => verb.toUpperCase()), 'every verb that the ClusterRole gives')
  t.is(dig(policy, 'spec', 'failurePolicy'), 'Fail')
  t.is(dig(policy, 'spec', 'validations', 0, 'expression'),
    `object.metadata.name == '${PULL_SECRET_NAME}' && object.type == 'kubernetes.io/dockerconfigjson'`)
  t.like(dig(binding, 'spec'), { policyName: dig(policy, 'metadata', 'name'), validationActions: ['Deny'] })
})
