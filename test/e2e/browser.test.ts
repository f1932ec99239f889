import test from 'ava'
import type { Page } from 'playwright-core'
import { startBrowser } from '../helpers/browser.ts'
import { buildForTest, withExtension } from '../helpers/extension.ts'
import { eventually } from '../helpers/kube.ts'
import { makeNamespace } from '../helpers/namespace.ts'
import { deployShop, forwardTo, startPayments } from '../helpers/shop.ts'
import { startIntercept, startPreview } from '../helpers/waylay.ts'

const ID = 'maria-12345678'

// One shop for all tests, in which Maria answers payments.
const undo: Array<() => unknown> = []
const all = { teardown: (step: () => unknown) => { undo.unshift(step) } }
let namespace: string

test.before(async () => {
  namespace = await makeNamespace(all)
  await deployShop(namespace)
  await startIntercept(all, ['payments', '-n', namespace, '--port', String(await startPayments(all)), '--id', ID])
})

test.after.always(async () => { for (const step of undo) await step() })

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
  }, { timeoutMs: 10_000 })
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
