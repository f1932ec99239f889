import test from 'ava'
import { toRefusal, toUnreachable } from '../../../cli/cluster/api-failure.ts'
import type { Asked } from '../../../cli/cluster/asked.ts'

const CREATE: Asked = { verb: 'create', resource: 'intercepts.waylay.dev', namespace: 'shop' }

test('a refusal of our webhook keeps its code, words and hint', t => {
  const failure = toRefusal(422, {
    message: 'admission webhook "intercepts.waylay.dev" denied the request: WAYLAY_PORT_UNKNOWN: There is no port 9. Name another: --port 3000:8080.'
  }, CREATE)

  t.like(failure, { code: 'WAYLAY_PORT_UNKNOWN', message: 'There is no port 9', hint: 'Name another: --port 3000:8080.' })
})

test('a refusal of our policy keeps its code and words', t => {
  const failure = toRefusal(403, {
    message: 'intercepts.waylay.dev "a" is forbidden: ValidatingAdmissionPolicy \'status.intercepts.waylay.dev\' with binding \'status.intercepts.waylay.dev\' denied request: WAYLAY_CONFLICT: The intercept a is held by maria, and jon lacks the verb "takeover"'
  }, CREATE)

  t.like(failure, { code: 'WAYLAY_CONFLICT', message: 'The intercept a is held by maria, and jon lacks the verb "takeover"' })
})

test('a refusal of a foreign webhook is passed on as it is', t => {
  const failure = toRefusal(403, { message: 'admission webhook "policy" denied the request: not on Fridays' }, CREATE)

  t.like(failure, { code: 'WAYLAY_FORBIDDEN', message: 'not on Fridays' })
})

test('a webhook that does not answer counts as a broken installation', t => {
  const failure = toRefusal(500, { message: 'failed calling webhook "intercepts.waylay.dev": connection refused' }, CREATE)

  t.is(failure.code, 'WAYLAY_INSTALL_FAILED')
})

test('an unknown resource of ours means that waylay is not installed', t => {
  const failure = toRefusal(404, { message: 'the server could not find the requested resource', details: {} }, CREATE)

  t.is(failure.code, 'WAYLAY_NOT_INSTALLED')
})

test('a missing right is named by verb, resource and namespace, with the command that gives it', t => {
  const hintOf = (asked: Asked, user = 'x') => {
    const failure = toRefusal(403, { message: `User "${user}" cannot ${asked.verb} resource` }, asked)
    t.is(failure.code, 'WAYLAY_FORBIDDEN')
    t.true(failure.message.startsWith(`You may not ${asked.verb} ${asked.resource}`), failure.message)
    return failure.hint
  }

  t.is(hintOf(CREATE), 'Ask an administrator to run: kubectl -n shop create rolebinding waylay-x --clusterrole=waylay-developer --user=\'x\'')
  t.regex(hintOf({ verb: 'list', resource: 'pods', namespace: 'shopp' }), /^Name your own namespace with -n, or ask an administrator to run: kubectl -n shopp /)
  t.regex(hintOf({ verb: 'get', resource: 'secrets', namespace: 'shop', name: 'db' }), / waylay-environment-x --clusterrole=waylay-environment /)
  t.regex(hintOf(CREATE, 'o\'neill'), / waylay-o-neill .* --user='o'\\''neill'$/)
  for (const asked of [
    { verb: 'create', resource: 'pods', namespace: 'shop' },
    { verb: 'list', resource: 'pods' },
    { verb: 'get', resource: 'deployments.apps', namespace: 'waylay-system' }
  ] as const) t.is(hintOf(asked), `Ask for a Role with the verb ${asked.verb} on ${asked.resource} (docs/rights.md).`)
})

test('a quota is no missing right and keeps its words', t => {
  const failure = toRefusal(403, { message: 'exceeded quota: intercepts, requested: 1' }, CREATE)

  t.is(failure.message, 'exceeded quota: intercepts, requested: 1')
})

test('credentials that ran out say how to check them', t => {
  t.like(toRefusal(401, {}, CREATE), { code: 'WAYLAY_FORBIDDEN', hint: 'Log in again, then try: kubectl auth whoami' })
})

test('certificate and network failures are told in words', t => {
  const server = new URL('https://10.0.0.1:6443')
  const reason = (code: string): string => toUnreachable(server, 'dev', Object.assign(new Error('x'), { code })).message

  t.is(reason('ECONNREFUSED'), 'Cannot reach the cluster at https://10.0.0.1:6443 (context "dev"): connection refused')
  t.regex(reason('SELF_SIGNED_CERT_IN_CHAIN'), /: its certificate is not signed by the kubeconfig's certificate authority$/)
  t.regex(reason('CERT_HAS_EXPIRED'), /: its certificate has expired$/)
  t.regex(reason('ENOTFOUND'), /: its name does not resolve$/)
})

const FORWARD: Asked = { verb: 'create', resource: 'pods/portforward', namespace: 'shop', name: 'payments-1' }

test('a port-forward that is not granted names the verb that this API server wants', t => {
  const forbidden = (verb: string, user: string) => toRefusal(403, {
    message: `pods "payments-1" is forbidden: User "${user}" cannot ${verb} resource "pods/portforward" in API group "" in the namespace "shop"`
  }, FORWARD)

  t.like(forbidden('get', 'maria@example.org'), {
    code: 'WAYLAY_FORBIDDEN',
    message: 'You may not get pods/portforward "payments-1" in namespace "shop"',
    hint: 'Ask an administrator to run: kubectl -n shop create rolebinding waylay-maria-example.org --clusterrole=waylay-developer --user=\'maria@example.org\''
  })
  t.like(forbidden('create', 'system:serviceaccount:ci:runner'), {
    message: 'You may not create pods/portforward "payments-1" in namespace "shop"',
    hint: 'Ask an administrator to run: kubectl -n shop create rolebinding waylay-runner --clusterrole=waylay-developer --serviceaccount=ci:runner'
  })
})
