import test, { type ExecutionContext } from 'ava'
import type { Page } from 'playwright-core'
import { startBrowser, type TestBrowser } from '../helpers/browser.ts'
import { buildForTest, withExtension } from '../helpers/extension.ts'
import { eventually } from '../helpers/kube.ts'
import { makeNamespace } from '../helpers/namespace.ts'
import { openPreviewGateway, type PreviewGateway } from '../helpers/preview-gateway.ts'
import { deployShop, forwardTo, startPayments } from '../helpers/shop.ts'
import { startIntercept, startPreview, waylay } from '../helpers/waylay.ts'

const ID = 'maria-12345678'

// One shop for all tests, in which Maria answers payments.
const undo: Array<() => unknown> = []
const all = { teardown: (step: () => unknown) => { undo.unshift(step) } }
let namespace: string
let gateway: PreviewGateway
let shortLink: string

test.before(async t => {
  t.timeout(180_000, 'the webhook is rolled out with a preview domain')
  namespace = await makeNamespace(all, { annotations: { 'waylay.dev/previews': 'allow' } })
  gateway = await openPreviewGateway()
  all.teardown(gateway.close)
  await deployShop(namespace)
  await startIntercept(all, ['payments', '-n', namespace, '--port', String(await startPayments(all)), '--id', ID])
  shortLink = (await share('--ttl', '1m')).url
})

test.after.always(async t => {
  t.timeout(180_000, 'and again without')
  for (const step of undo) await step()
})

/** Who answered for payments, as the page says, and as its WebSocket says. */
async function seenOn (page: Page): Promise<{ readonly page: string | undefined, readonly live: string | undefined }> {
  const live = await page.getByText(/live: .*payments by/).textContent()
  const card = await page.locator('li', { hasText: 'payments' }).innerText()
  return { page: /answered by (\w+)/.exec(card)?.[1], live: /payments by (\w+)/.exec(live ?? '')?.[1] }
}

const MARIAS = { page: 'developer', live: 'developer' }
const EVERYBODYS = { page: 'app', live: 'app' }

/** The browser's rules change a moment after its settings. */
async function reloadUntil (page: Page, wanted: string): Promise<void> {
  await eventually(`the page is answered by ${wanted}`, async () => {
    await page.reload()
    return (await seenOn(page)).page === wanted || undefined
  })
}

test.serial('a preview shows the developer\'s answer in a browser, WebSocket included', async t => {
  const preview = await startPreview(t, ['storefront', '-n', namespace, '--id', ID])
  const browser = await startBrowser(t)
  const page = await browser.newPage()

  await page.goto(preview.url)

  t.deepEqual(await seenOn(page), MARIAS)
  // It answers with a cookie, and a redirect to the name that it was asked by.
  await page.getByRole('button', { name: 'Add one' }).click()
  await page.getByText('1 in your basket').waitFor()
  t.is(page.url(), preview.url)
  t.deepEqual(await seenOn(page), MARIAS)
  t.deepEqual(browser.hosts(), [new URL(preview.url).host])
  t.deepEqual(browser.complaints(), [])
})

/** `waylay preview storefront --share`; its link and its name. */
async function share (...flags: readonly string[]): Promise<{ readonly url: string, readonly name: string }> {
  const { stdout, stderr, exitCode } = await waylay([
    'preview', 'storefront', '--share', '-n', namespace, '--id', ID, '-o', 'json', ...flags
  ])
  if (exitCode !== 0) throw new Error(stderr)
  return JSON.parse(stdout) as { url: string, name: string }
}

/** A browser that knows the way to the gateway and its certificate, and nothing else of waylay. */
async function startVisitor (t: ExecutionContext): Promise<TestBrowser> {
  return await startBrowser(t, {
    hostRules: [`MAP *.${gateway.domain}:443 127.0.0.1:${gateway.port}`], trust: gateway.certificate
  })
}

test.serial('a shared preview is seen in another profile, until it is taken back', async t => {
  const link = await share()
  const browser = await startVisitor(t)
  const page = await browser.newPage()
  await page.goto(link.url)
  t.deepEqual(await seenOn(page), MARIAS)
  await page.getByRole('button', { name: 'Add one' }).click()
  await page.getByText('1 in your basket').waitFor()
  t.deepEqual(await seenOn(page), MARIAS)
  // What opens the link stands in no address any more, and no script of the page reads the cookie.
  t.is(new URL(page.url()).host, `${link.name}.${gateway.domain}`)
  t.is(await page.evaluate('document.cookie'), '')
  t.deepEqual(browser.complaints(), [])
  t.deepEqual(browser.hosts().filter(host => !host.endsWith(`.${gateway.domain}`)), [])

  // Nobody comes in without the link, though the address is known.
  const strangersPage = await (await startVisitor(t)).newPage()
  t.is((await strangersPage.goto(page.url()))?.status(), 403)
  await strangersPage.getByText('Only who has the link sees what is here.').waitFor()

  await waylay(['preview', 'revoke', link.name, '-n', namespace])
  await eventually('the page says that the link was taken back', async () => {
    await page.reload()
    return await page.getByText('This link was taken back.').isVisible() || undefined
  })
})

test.serial('the extension brings a page of the cluster to the developer\'s program', async t => {
  const port = await forwardTo(t, namespace, 'service/storefront', ':80')
  const browser = await withExtension(await startBrowser(t, {
    extension: await buildForTest(t), hostRules: [`MAP shop.example.test:80 127.0.0.1:${port}`]
  }))
  const page = await browser.newPage()
  await page.goto('http://shop.example.test/')
  t.deepEqual(await seenOn(page), EVERYBODYS)

  await browser.willAllow('shop.example.test')
  const options = await browser.openOptions()
  await options.getByLabel('Paste').fill(`x-waylay-id: ${ID}`)
  await options.getByLabel('Another site').fill('shop.example.test')
  await options.getByRole('button', { name: 'Add' }).click()
  await options.getByText('shop.example.test gets your header').waitFor()
  await (await browser.openPopup(page)).getByRole('switch', { name: 'waylay' }).check()
  await reloadUntil(page, 'developer')
  t.deepEqual(await seenOn(page), MARIAS)

  await (await browser.openPopup(page)).getByRole('switch', { name: 'waylay' }).uncheck()
  await reloadUntil(page, 'app')
  t.deepEqual(await seenOn(page), EVERYBODYS)
  t.deepEqual(browser.complaints(), [])
})

// Last: a link lives a minute at least, and the other tests have taken part of it.
test.serial('a link that has expired says so in a browser', async t => {
  t.timeout(120_000, 'a link lives a minute at least')
  const page = await (await startVisitor(t)).newPage()
  await eventually('the page says that the link has expired', async () => {
    await page.goto(shortLink)
    return await page.getByText('This link has expired.').isVisible() || undefined
  }, { timeoutMs: 90_000, everyMs: 1000 })
  t.is((await page.goto(shortLink))?.status(), 410)
})
