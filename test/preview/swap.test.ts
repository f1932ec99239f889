import test from 'ava'
import { newPreviewToken, previewName } from '../../intercepts/preview.ts'
import { aPreview, DOMAIN, MARIAS_ID, mariasIntercept, startGateway } from './cases.ts'

const APP = (req: { headers: object, url?: string | undefined }, res: { end: (body: string) => void }): void => {
  res.end(JSON.stringify({ url: req.url, headers: req.headers }))
}

test('the first visit is swapped for a cookie and leads to the path it asked for', async t => {
  const { visit, token, host } = await startGateway(t, APP)

  const first = await visit(`${token}.${DOMAIN}`, '/orders?open=1&to=//evil.example.com')
  t.is(first.status, 303)
  t.like(first.headers, { 'referrer-policy': 'no-referrer', 'cache-control': 'no-store' })
  const second = new URL(first.headers.location ?? '')
  t.is(second.host, host)

  const entered = await visit(second.host, second.pathname + second.search)
  t.is(entered.status, 303)
  t.is(entered.headers.location, `https://${host}/orders?open=1&to=//evil.example.com`)
  t.like(entered.headers, { 'referrer-policy': 'no-referrer', 'cache-control': 'no-store' })
  const [cookie = ''] = entered.headers['set-cookie'] ?? []
  t.regex(cookie, new RegExp(`^__Host-waylay-preview=${token}; Path=/; Max-Age=\\d+; Secure; HttpOnly; SameSite=Lax$`))

  const shown = await visit(host, '/orders?open=1', { headers: { cookie: cookie.split(';')[0] ?? '' } })
  t.is(shown.status, 200)
  const seen = JSON.parse(shown.body) as { url: string, headers: Record<string, string> }
  t.is(seen.url, '/orders?open=1')
  t.is(seen.headers['x-waylay-id'], MARIAS_ID)
  t.is(seen.headers['cookie'], undefined)
})

test('the path behind the swap leads nowhere but the preview', async t => {
  const { visit, token, host } = await startGateway(t, APP)

  for (const path of ['//evil.example.com/', '/\\evil.example.com', '/@evil.example.com', '?https://evil.example.com', '']) {
    const { status, headers: { location = '' } } = await visit(host, `/.waylay/enter/${token}${path}`)
    t.is(status, 303, path)
    t.is(new URL(location).origin, `https://${host}`, path)
  }
})

test('a token opens its own origin and no other', async t => {
  const { visit, token, gateway, preview, show } = await startGateway(t, APP)
  const other = aPreview()
  gateway.links.put(mariasIntercept([preview, other.preview]))
  const otherHost = `${other.preview.name}.${DOMAIN}`

  t.is((await visit(otherHost, `/.waylay/enter/${token}/`)).status, 404)
  t.is((await visit(otherHost, '/', { headers: { cookie: `__Host-waylay-preview=${token}` } })).status, 403)
  t.is((await show('/')).status, 200)
})

test('without the cookie a preview that exists looks like one that does not', async t => {
  const { visit, host, token } = await startGateway(t, APP)
  const nobody = newPreviewToken()

  const there = await visit(host, '/')
  const notThere = await visit(`${previewName(nobody)}.${DOMAIN}`, '/')
  t.is(there.status, 403)
  t.is(there.headers['x-waylay-error'], 'WAYLAY_PREVIEW_LINK_NEEDED')
  t.deepEqual([there.status, there.body], [notThere.status, notThere.body])

  const cookies = [`__Host-waylay-preview=${nobody}`, `waylay-preview=${token}`, `__Host-waylay-preview=${token}x`, '__Host-waylay-preview=']
  for (const cookie of cookies) {
    t.is((await visit(host, '/', { headers: { cookie } })).body, there.body, cookie)
  }
})

test('a token that never was is answered like a label that is none', async t => {
  const { visit } = await startGateway(t, APP)

  const token = await visit(`${newPreviewToken()}.${DOMAIN}`, '/')
  const label = await visit(`www.${DOMAIN}`, '/')
  t.is(token.status, 404)
  t.deepEqual([token.status, token.body], [label.status, label.body])
})

test('a link is opened with GET and HEAD alone', async t => {
  const { visit, token, host } = await startGateway(t, APP)

  t.is((await visit(`${token}.${DOMAIN}`, '/', { method: 'HEAD' })).status, 303)
  for (const [to, path] of [[`${token}.${DOMAIN}`, '/'], [host, `/.waylay/enter/${token}/`]] as const) {
    const refused = await visit(to, path, { method: 'POST' })
    t.is(refused.status, 405)
    t.is(refused.headers['allow'], 'GET, HEAD')
  }
})

test('no other path below /.waylay/ reaches the app', async t => {
  const { show } = await startGateway(t, APP)
  t.is((await show('/.waylay/anything')).status, 404)
})
