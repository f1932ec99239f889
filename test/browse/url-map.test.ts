import test from 'ava'
import { appAddress } from '../../browse/app-address.ts'
import { toAppUrl, toPreviewUrl } from '../../browse/url-map.ts'
import { PREVIEW, SHARED } from './mapping.ts'

const staysInside = test.macro((t, url: string, expected: string) => {
  t.is(toPreviewUrl(url, PREVIEW), expected)
})

test('the name that the app is called by', staysInside, 'http://payments.shop:8080/cart?id=1#a', 'http://127.0.0.1:24110/cart?id=1#a')
test('the short name', staysInside, 'http://payments/cart', 'http://127.0.0.1:24110/cart')
test('the whole name, in any case', staysInside, 'HTTP://Payments.shop.SVC.cluster.local:8080', 'http://127.0.0.1:24110')
test('the pod\'s own port', staysInside, 'http://payments:3000/', 'http://127.0.0.1:24110/')
test('the Service\'s address', staysInside, 'http://10.96.3.7:8080/', 'http://127.0.0.1:24110/')
test('an app that wants TLS', staysInside, 'https://payments.shop/login', 'http://127.0.0.1:24110/login')
test('a URL without a scheme', staysInside, '//payments.shop:8080/x', 'http://127.0.0.1:24110/x')
test('a WebSocket', staysInside, 'ws://payments.shop:8080/live', 'ws://127.0.0.1:24110/live')
test('a query right behind the name', staysInside, 'http://payments?x=1', 'http://127.0.0.1:24110?x=1')

const staysAsItIs = test.macro((t, url: string) => { t.is(toPreviewUrl(url, PREVIEW), url) })

test('a path', staysAsItIs, '/cart')
test('another Service', staysAsItIs, 'http://orders.shop:8080/')
test('another port of the Service', staysAsItIs, 'http://payments.shop:9090/')
test('the same name in another namespace', staysAsItIs, 'http://payments.bank:8080/')
test('a name that only begins so', staysAsItIs, 'http://payments.shop.example.org/')
test('the app as a user name of another host', staysAsItIs, 'http://payments.shop:8080@example.org/')
test('the app behind a backslash, which browsers take for a slash', staysAsItIs, 'http://example.org\\payments/')
test('another scheme', staysAsItIs, 'ftp://payments.shop/')
test('no URL', staysAsItIs, 'http:payments')

test('a shared preview keeps TLS, for WebSockets too', t => {
  t.is(toPreviewUrl('http://payments:8080/a', SHARED), 'https://p-3f2a.preview.example.org/a')
  t.is(toPreviewUrl('ws://payments:8080/a', SHARED), 'wss://p-3f2a.preview.example.org/a')
})

test('the way back leads to the name that the app is called by, and only from the preview', t => {
  t.is(toAppUrl('http://127.0.0.1:24110/cart?id=1', PREVIEW), 'http://payments.shop:8080/cart?id=1')
  t.is(toAppUrl('http://127.0.0.1:24110', PREVIEW), 'http://payments.shop:8080')
  t.is(toAppUrl('http://127.0.0.1:241100/cart', PREVIEW), 'http://127.0.0.1:241100/cart')
  t.is(toAppUrl('https://example.org/', PREVIEW), 'https://example.org/')
})

test('the default port is not said, and a Host of the developer\'s choice is the app\'s name', t => {
  const plain = { service: 'web', namespace: 'shop', port: 80, tls: false }
  t.is(appAddress(plain).origin, 'http://web.shop')
  t.is(appAddress({ ...plain, port: 443, tls: true }).origin, 'https://web.shop')
  const named = appAddress({ ...plain, hostHeader: 'shop.example.org:8443' })
  t.is(named.host, 'shop.example.org:8443')
  t.is(toPreviewUrl('https://shop.example.org:8443/a', { ...PREVIEW, app: named }), 'http://127.0.0.1:24110/a')
})
