import { createServer } from 'node:http'
import anyTest, { type TestFn } from 'ava'
import { openBrowser, type TestBrowser } from '../../helpers/browser.ts'
import { forTheFile } from '../../helpers/for-the-file.ts'
import { pathsOf, untilPaths } from '../../helpers/inspector-rows.ts'
import { listen } from '../preview/fake-app.ts'
import { requestText } from './inspected.ts'
import { openPage } from './opened-page.ts'

const test = anyTest as TestFn<TestBrowser>

// One browser for all: each costs two seconds of CPU.
const opening = openBrowser()
forTheFile().teardown(async () => { await (await opening).close() })
test.beforeEach(async t => { t.context = await opening })

test.serial('what happens while the list is read is not lost', async t => {
  const { page, divert } = await openPage(t)
  let isHeld = false
  await page.route('**/api/exchanges', async route => {
    const old = await route.fetch()
    isHeld = true
    await divert(requestText('GET', '/meanwhile'))
    await untilPaths(page, ['/meanwhile'])
    await route.fulfill({ response: old })
  })

  await page.reload()

  await page.locator('#where', { hasText: 'payments' }).waitFor()
  t.true(isHeld)
  await untilPaths(page, ['/meanwhile'])
})

test.serial('a command that ends is said to have ended, and what it showed stays', async t => {
  const { page, divert, run } = await openPage(t)
  await divert(requestText('GET', '/one'))
  await untilPaths(page, ['/one'])

  run.interrupt()

  await page.getByText('The command has ended').waitFor()
  t.deepEqual(await pathsOf(page), ['/one'])
  t.is(await run.exitCode, 0)
})

test.serial('on 360 pixels the end of a command makes the page no wider', async t => {
  const { page, run } = await openPage(t, { viewport: { width: 360, height: 640 } })
  run.interrupt()
  await page.getByText('The command has ended').waitFor()
  t.is(await page.evaluate('document.documentElement.scrollWidth'), 360)
  t.true(await page.getByRole('button', { name: 'Keys and help' }).isVisible())
})

test.serial('after the end no request is shown as another one, and secrets can be hidden again', async t => {
  const { page, divert, run } = await openPage(t)
  await divert(requestText('GET', '/one', ['Authorization: Bearer hush-one']))
  await divert(requestText('GET', '/two'))
  await page.getByRole('row', { name: '/one' }).click()
  await page.getByRole('tab', { name: 'Request', exact: true }).click()
  await page.getByRole('button', { name: 'Show secrets' }).click()
  await page.getByText('Bearer hush-one').waitFor()
  run.interrupt()
  await page.getByText('The command has ended').waitFor()

  await page.getByRole('button', { name: 'Hide secrets' }).click()
  await page.getByRole('button', { name: 'Show the value of Authorization' }).waitFor()
  t.notRegex(await page.content(), /hush/)

  await page.getByRole('row', { name: '/two' }).click()
  await page.getByText('The inspector does not answer').waitFor()
  t.is(await page.locator('.panel').getByText('Authorization').count(), 0)
})

test.serial('the address opens from a link on another site too, as in a terminal that is a page', async t => {
  const { page, url } = await openPage(t)
  const terminal = await listen(t, createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end(`<a href="${url}">Inspector</a>`)
  }))
  await page.context().clearCookies()
  await page.goto(`http://localhost:${terminal}/`)

  await page.getByRole('link').click()

  await page.getByText('Live', { exact: true }).waitFor()
  t.pass()
})
