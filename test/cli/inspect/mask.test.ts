import test from 'ava'
import { isSecretName, MASK, maskBody, maskForm, maskJson, maskTarget, unmaskTarget } from '../../../cli/inspect/mask.ts'

test('names that carry secrets are known, others are shown', t => {
  const secret = ['Authorization', 'Proxy-Authorization', 'Cookie', 'Set-Cookie', 'X-Api-Key', 'api_key', 'access_token', 'csrfToken',
    'client_secret', 'password', 'passwd', 'session_id', 'privateKey', 'key', 'x-amz-security-token']
  const open = ['Host', 'Content-Type', 'x-waylay-id', 'baggage', 'keyboard', 'monkey', 'Sec-WebSocket-Key', 'x-request-id']
  t.deepEqual(secret.filter(name => !isSecretName(name)), [])
  t.deepEqual(open.filter(isSecretName), [])
})

test('a query keeps its order and spelling, but for secret values', t => {
  t.is(maskTarget('/a?x=1&access_token=ab%20c&y&token='), `/a?x=1&access_token=${MASK}&y&token=${MASK}`)
  t.is(maskTarget('/token=1/a'), '/token=1/a')
  t.is(maskForm('user=maria&pass%77ord=x'), `user=maria&pass%77ord=${MASK}`)
})

test('JSON is masked by name, also where its end is missing', t => {
  t.is(maskJson('{"a": 1, "password": "x\\"y", "deep": {"apiKey" : 42}}'), `{"a": 1, "password": "${MASK}", "deep": {"apiKey" : "${MASK}"}}`)
  t.is(maskJson('{"token": "cut in the mid'), `{"token": "${MASK}"`)
  t.is(maskJson('{"tokens": ["a"], "token": null}'), `{"tokens": ["a"], "token": "${MASK}"}`)
})

test('a body is looked into by its type', t => {
  t.is(maskBody('token=1', 'application/x-www-form-urlencoded'), `token=${MASK}`)
  t.is(maskBody('{"token":1}', 'application/problem+json; charset=utf-8'), `{"token":"${MASK}"}`)
  t.is(maskBody('token=1', 'text/plain'), undefined)
  t.is(maskBody('{"a":1}', 'application/json'), undefined)
})

test('a query that was edited while hidden gets its values back', t => {
  const original = '/a?token=real&x=1'
  t.is(unmaskTarget(`/b?x=2&token=${MASK}`, original), '/b?x=2&token=real')
  t.is(unmaskTarget('/b?token=mine', original), '/b?token=mine')
  t.is(unmaskTarget(`/b?other=${MASK}`, original), `/b?other=${MASK}`)
})
