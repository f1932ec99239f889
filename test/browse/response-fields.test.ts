import test from 'ava'
import { toPreviewFields } from '../../browse/response-fields.ts'
import { PREVIEW, SHARED } from './mapping.ts'

const changes = test.macro((t, name: string, sent: string, expected: string) => {
  t.deepEqual(toPreviewFields([[name, sent]], PREVIEW), [[name, expected]])
})
const keeps = test.macro((t, name: string, sent: string) => {
  t.deepEqual(toPreviewFields([[name, sent, name.toUpperCase()]], PREVIEW), [[name, sent, name.toUpperCase()]])
})

test('a redirect', changes, 'location', 'http://payments.shop:8080/next', 'http://127.0.0.1:24110/next')
test('a redirect to elsewhere', keeps, 'location', 'https://login.example.org/?back=http://payments.shop:8080/')
test('a content location', changes, 'content-location', 'http://payments/1', 'http://127.0.0.1:24110/1')
test('a refresh', changes, 'refresh', '5; url=http://payments.shop:8080/a', '5; url=http://127.0.0.1:24110/a')
test('a refresh in quotes', changes, 'refresh', '0;URL="http://payments/a"', '0;URL="http://127.0.0.1:24110/a"')
test('a refresh with a quote that nothing closes', changes, 'refresh', '0; url="http://payments/a', '0; url="http://127.0.0.1:24110/a')
test('a refresh whose quote ends early', changes, 'refresh', '0;url=\'http://payments/a\' x', '0;url=\'http://127.0.0.1:24110/a\' x')
test('a long line that looks like a refresh takes no time that grows with its square', t => {
  // As a pattern that may try again at each space it took minutes, and the test's time was over.
  const spaces = ' '.repeat(200_000)
  for (const sent of [`x${spaces}y`, `0${spaces}"${'" '.repeat(100_000)}y`, `0;url${spaces}y`, `${spaces}0${spaces}y`]) {
    t.deepEqual(toPreviewFields([['refresh', sent]], PREVIEW), [['refresh', sent]])
  }
})
test('a refresh of the page itself', keeps, 'refresh', '30')
test('who may read it', changes, 'access-control-allow-origin', 'http://payments.shop:8080', 'http://127.0.0.1:24110')
test('everybody may read it', keeps, 'access-control-allow-origin', '*')
test('a policy that names the app', changes, 'content-security-policy',
  'default-src \'self\'; connect-src ws://payments.shop:8080 https://x.org; upgrade-insecure-requests',
  'default-src \'self\'; connect-src ws://127.0.0.1:24110 https://x.org')

test('what would lead the browser elsewhere for good is left out', t => {
  const sent = [['strict-transport-security', 'max-age=31536000'], ['alt-svc', 'h3=":443"'], ['etag', '"1"']] as const
  t.deepEqual(toPreviewFields(sent, PREVIEW), [['etag', '"1"']])
  t.deepEqual(toPreviewFields(sent, SHARED), [sent[0], sent[2]])
  t.deepEqual(toPreviewFields([['content-security-policy', 'upgrade-insecure-requests']], SHARED),
    [['content-security-policy', 'upgrade-insecure-requests']])
})

test('a cookie stays with the preview\'s own host', changes, 'set-cookie',
  'sid=a=b; Path=/; Domain=.shop.svc.cluster.local; HttpOnly', 'sid=a=b; Path=/; HttpOnly')
test('a secure cookie is kept by a browser that came without TLS', changes, 'set-cookie',
  'sid=1; Secure; SameSite=None; Partitioned; Max-Age=5', 'sid=1; Max-Age=5')
test('another SameSite stays', changes, 'set-cookie', 'sid=1; secure; SameSite=Strict', 'sid=1; SameSite=Strict')
test('a cookie that must be secure stays so', keeps, 'set-cookie', '__Host-sid=1; Path=/; Secure; SameSite=None')
test('a prefixed cookie loses its domain as well', changes, 'set-cookie', '__Secure-a=1; Domain=shop.svc; Secure', '__Secure-a=1; Secure')
test('a value that looks like an attribute stays', keeps, 'set-cookie', 'domain=secure; Path=/')

test('each cookie is its own line, and TLS keeps what needs TLS', t => {
  const sent = [['set-cookie', 'a=1; Secure; SameSite=None; Domain=x.org'], ['set-cookie', 'b=2']] as const
  t.deepEqual(toPreviewFields(sent, SHARED), [['set-cookie', 'a=1; Secure; SameSite=None'], sent[1]])
})
