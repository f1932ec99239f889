import test from 'ava'
import { pageStateOf, titleOf } from '../../extension/page-state.ts'
import { rulesOf } from '../../extension/rules.ts'
import { DEFAULTS, MAX_SITES, readSettings, withoutSite, withSite, type Settings } from '../../extension/settings.ts'

const MARIA: Settings = {
  on: true, name: 'x-waylay-id', value: 'maria-3fk27d4a', sites: ['*.example.org', 'localhost']
}

test('what was stored comes back as it was', t => {
  t.deepEqual(readSettings(JSON.parse(JSON.stringify(MARIA))), MARIA)
})

test('what was stored wrongly counts as never set', t => {
  for (const nonsense of [undefined, null, 'text', 7, []]) t.deepEqual(readSettings(nonsense), DEFAULTS)
  t.deepEqual(readSettings({ on: 'yes', name: 5, value: null, sites: 'a.example.org' }), DEFAULTS)
  t.deepEqual(readSettings({ sites: ['A.example.org', 'a.example.org', '*', 3, 'b c'] }).sites, ['a.example.org'])
  t.is(readSettings({ sites: Array.from({ length: 200 }, (_, index) => `s${index}.example.org`) }).sites.length, MAX_SITES)
})

test('sites come once, in order, and go', t => {
  const two = withSite(withSite(DEFAULTS, 'b.example.org'), 'a.example.org')
  t.deepEqual(two.sites, ['a.example.org', 'b.example.org'])
  t.is(withSite(two, 'a.example.org'), two)
  t.deepEqual(withoutSite(two, 'a.example.org').sites, ['b.example.org'])
})

test('a site that has no room pushes no other one out', t => {
  const full: Settings = { ...MARIA, sites: Array.from({ length: MAX_SITES }, (_, index) => `s${index + 100}.example.org`) }

  t.deepEqual(readSettings(withSite(full, 'a.example.org')), full)
})

test('there is one rule for each site, and it sets one header', t => {
  const rules = rulesOf(MARIA)
  t.deepEqual(rules.map(({ id }) => id), [1, 2])
  t.deepEqual(rules[0]?.action, {
    type: 'modifyHeaders', requestHeaders: [{ header: 'x-waylay-id', operation: 'set', value: 'maria-3fk27d4a' }]
  })
  t.true(rules.every(({ condition }) => ['main_frame', 'sub_frame', 'xmlhttprequest', 'websocket']
    .every(type => condition.resourceTypes.includes(type))))
})

test('there is no rule while it is off or the header not whole', t => {
  t.deepEqual(rulesOf({ ...MARIA, on: false }), [])
  t.deepEqual(rulesOf({ ...MARIA, value: '' }), [])
  t.deepEqual(rulesOf({ ...MARIA, name: 'cookie' }), [])
  t.deepEqual(rulesOf({ ...MARIA, sites: [] }), [])
})

test('a page is told by its site, the switch and the value', t => {
  const url = 'https://shop.example.org/cart'
  t.deepEqual(pageStateOf(MARIA, url), { kind: 'on', host: 'shop.example.org', site: '*.example.org' })
  t.is(pageStateOf({ ...MARIA, on: false }, url).kind, 'off')
  t.is(pageStateOf({ ...MARIA, value: '' }, url).kind, 'no-value')
  t.deepEqual(pageStateOf(MARIA, 'https://example.com/'), { kind: 'elsewhere', host: 'example.com' })
  for (const none of [undefined, 'chrome://settings', 'file:///etc/hosts', 'about:blank']) {
    t.is(pageStateOf(MARIA, none).kind, 'none')
  }
})

test('the tooltip tells the header only where it is sent', t => {
  const title = (settings: Settings, url: string) => titleOf(pageStateOf(settings, url), settings)
  t.is(title(MARIA, 'http://localhost:3000/'), 'waylay: on. localhost gets x-waylay-id: maria-3fk27d4a')
  t.notRegex(title({ ...MARIA, on: false }, 'http://localhost:3000/'), /maria/)
  t.notRegex(title(MARIA, 'http://example.com/'), /maria/)
})
