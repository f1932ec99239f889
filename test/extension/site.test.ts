import test from 'ava'
import { isProblem } from '../../extension/problem.ts'
import { coveringSite, isOfSite, originsOf, readSite } from '../../extension/site.ts'

const read: ReadonlyArray<readonly [typed: string, site: string]> = [
  ['shop.example.org', 'shop.example.org'], [' Shop.Example.ORG. ', 'shop.example.org'],
  ['https://shop.example.org:8443/cart?a=1#b', 'shop.example.org'], ['wss://shop.example.org', 'shop.example.org'],
  ['*.example.org', '*.example.org'], ['http://*.Example.org/', '*.example.org'], ['localhost:3000', 'localhost'],
  ['127.0.0.1', '127.0.0.1'], ['[::1]:8080', '[::1]'], ['bücher.example', 'xn--bcher-kva.example']
]

for (const [typed, site] of read) {
  test(`what is typed as "${typed}" is the site ${site}`, t => { t.is(readSite(typed) as string, site) })
}

for (const typed of ['', '*', '*.', '*.org', '*.localhost', '*.127.0.0.1', '*.[::1]', 'a*.example.org', 'a.*.example.org',
  '**.example.org', 'maria@example.org', 'shop example.org', 'javascript:alert(1)', 'exa%2fmple.org', '//', 'a\\b',
  `${'a'.repeat(60)}.${'b'.repeat(60)}.example.org`]) {
  test(`what is typed as "${typed}" is refused with a reason`, t => {
    const site = readSite(typed)
    t.true(isProblem(site) && site.problem.length > 10, JSON.stringify(site))
  })
}

test('a host is itself alone, on every port and protocol', t => {
  const of = (url: string) => isOfSite('shop.example.org', url)
  t.true(['http://shop.example.org/', 'https://SHOP.example.org:8443/a', 'ws://shop.example.org/', 'wss://shop.example.org:1/'].every(of))
  for (const url of ['http://a.shop.example.org/', 'http://example.org/', 'http://shop.example.org.evil.test/',
    'http://shopxexample.org/', 'http://evil.test/shop.example.org/', 'http://evil.test/?http://shop.example.org/',
    'http://shop.example.org@evil.test/', 'http://shop.example.org:80@evil.test/', 'ftp://shop.example.org/',
    'http://evil-shop.example.org/']) t.false(of(url), url)
})

test('a site is covered by a pattern of which it is a part', t => {
  const sites = ['*.example.org', 'shop.example.com']
  for (const site of ['a.example.org', '*.a.example.org']) t.is(coveringSite(sites, site), '*.example.org', site)
  for (const site of ['example.org', '*.shop.example.com', 'example.com']) t.is(coveringSite(sites, site), undefined, site)
})

test('a pattern is every host below, not the host itself', t => {
  const of = (url: string) => isOfSite('*.example.org', url)
  t.true(['http://a.example.org/', 'https://b.a.example.org:8443/', 'ws://a-b_c.example.org/'].every(of))
  for (const url of ['http://example.org/', 'http://.example.org/', 'http://badexample.org/', 'http://a.example.org.evil.test/',
    'http://evil.test/a.example.org/', 'http://user@a.example.org/', 'http://evil.test:1@a.example.org/']) t.false(of(url), url)
})

test('an address of IPv6 is compared as it stands', t => {
  t.true(isOfSite('[::1]', 'http://[::1]:8080/'))
  t.false(isOfSite('[::1]', 'http://[::11]/'))
})

test('the browser is asked for one site and its WebSockets', t => {
  t.deepEqual(originsOf('*.example.org'), ['*://*.example.org/*', 'ws://*.example.org/*', 'wss://*.example.org/*'])
})
