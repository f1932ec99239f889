import { once } from 'node:events'
import type { Duplex } from 'node:stream'
import anyTest, { type TestFn } from 'ava'
import WebSocket from 'ws'
import { openBrowser, type TestBrowser } from '../../helpers/browser.ts'
import { forTheFile } from '../../helpers/for-the-file.ts'
import { untilPaths } from '../../helpers/inspector-rows.ts'
import { requestText } from './inspected.ts'
import { openPage } from './opened-page.ts'

const test = anyTest as TestFn<TestBrowser>

// One browser for all: each costs two seconds of CPU.
const opening = openBrowser()
forTheFile().teardown(async () => { await (await opening).close() })
test.beforeEach(async t => { t.context = await opening })

/** A caller's WebSocket on a diverted stream. */
async function talk (stream: Duplex, perMessageDeflate: boolean): Promise<WebSocket> {
  const socket = new WebSocket('ws://payments.shop/chat', { perMessageDeflate, createConnection: () => stream })
  await once(socket, 'open')
  return socket
}

for (const perMessageDeflate of [false, true]) {
  test.serial(`messages of a WebSocket are shown as they pass, ${perMessageDeflate ? 'compressed' : 'as they are'}`, async t => {
    const { page, open, complaints } = await openPage(t)
    const socket = await talk(await open(''), perMessageDeflate)
    await page.getByRole('row', { name: '/chat' }).click()
    await page.getByRole('tab', { name: 'Overview' }).waitFor()
    await page.keyboard.press('m')
    await page.getByText('No message yet').waitFor()
    const messages = page.locator('.message')

    socket.send('{"token":"hush","n":1}')
    await messages.nth(1).waitFor()
    t.deepEqual(await messages.locator('.said').allTextContents(), ['{"heard":{"token":"••••","n":1}}', '{"token":"••••","n":1}'])
    t.deepEqual(await messages.locator('.way').allTextContents(), ['↓', '↑'])

    await messages.nth(1).locator('summary').focus()
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Show hidden values' }).click()
    await page.locator('.message pre', { hasText: '"token": "hush"' }).waitFor()
    t.is((await messages.first().locator('.said').textContent())?.includes('hush'), false, 'each by itself')

    socket.send(Buffer.from([1, 2, 0, 255]))
    await messages.nth(3).waitFor()
    t.is(await page.locator('.message[open] pre').count(), 1, 'what is open stays open')
    await messages.first().locator('summary').click()
    await page.getByText('01 02 00 ff').waitFor()

    socket.close(1000, 'bye')
    await page.locator('.message', { hasText: '1000 bye' }).first().waitFor()
    await page.getByRole('row', { name: '/chat' }).locator('.tag', { hasText: 'open' }).waitFor({ state: 'detached' })
    t.deepEqual(complaints, [])
  })
}

test.serial('on 360 pixels messages fit, and a WebSocket offers no replay', async t => {
  const { page, open } = await openPage(t, { viewport: { width: 360, height: 640 } })
  const socket = await talk(await open(''), false)
  socket.send(JSON.stringify({ said: 'x'.repeat(400) }))
  socket.send(Buffer.alloc(64, 1))
  await page.getByRole('row', { name: '/chat' }).click()
  await page.getByRole('tab', { name: 'Messages' }).click()
  await page.locator('.message').nth(3).waitFor()
  for (const at of [0, 3]) await page.locator('.message summary').nth(at).click()
  await page.locator('.message[open] pre').nth(1).waitFor()

  for (const part of ['.panel', '.detail > .tabs']) {
    t.true(await page.evaluate(`(part => part.scrollWidth <= part.clientWidth)(document.querySelector('${part}'))`), part)
  }
  t.false(await page.getByRole('tab', { name: 'Edit' }).isVisible())
  await page.keyboard.press('e')
  await page.getByRole('tab', { name: 'Messages', selected: true }).waitFor()
  socket.terminate()
})

test.serial('what is no WebSocket has no messages, and its tab is passed over', async t => {
  const { page, divert } = await openPage(t)
  await divert(requestText('GET', '/one'))
  await page.getByRole('row', { name: '/one' }).click()
  await page.getByRole('heading', { name: 'Timing' }).waitFor()
  t.false(await page.getByRole('tab', { name: 'Messages' }).isVisible())
  await page.keyboard.press('m')
  await page.getByRole('tab', { name: 'Response' }).click()
  await page.keyboard.press('ArrowRight')
  await page.getByRole('tab', { name: 'Edit & replay', selected: true }).waitFor()
  t.pass()
})

test.serial('a list that is held still stays as it is, but for replays and the end of what it shows', async t => {
  const { page, divert, open } = await openPage(t)
  const socket = await talk(await open(''), false)
  await divert(requestText('GET', '/one'))
  await untilPaths(page, ['/one', '/chat'])

  await page.keyboard.press('p')
  await page.getByRole('button', { name: 'Resume' }).waitFor()
  await divert(requestText('GET', '/two'))
  await divert(requestText('GET', '/three'))
  await page.getByRole('button', { name: 'Resume (2 new)' }).waitFor()
  await untilPaths(page, ['/one', '/chat'])

  socket.close()
  await page.getByRole('row', { name: '/chat' }).locator('.tag', { hasText: 'open' }).waitFor({ state: 'detached' })
  await page.getByRole('row', { name: '/one' }).click()
  await page.keyboard.press('r')
  await page.getByRole('heading', { name: 'Against the original' }).waitFor()
  await untilPaths(page, ['/one', '/one', '/chat'])

  await page.getByRole('button', { name: 'Resume (2 new)' }).click()
  await untilPaths(page, ['/one', '/three', '/two', '/one', '/chat'])
  await page.getByRole('button', { name: 'Pause' }).waitFor()
  t.pass()
})

test.serial('a list that is cleared while it is held still stays empty, and says why', async t => {
  const { page, divert } = await openPage(t)
  await divert(requestText('GET', '/one'))
  await untilPaths(page, ['/one'])
  await page.getByRole('button', { name: 'Pause' }).click()

  await page.getByRole('button', { name: 'Clear' }).click()
  await page.getByRole('heading', { name: 'The list is held still' }).waitFor()
  await divert(requestText('GET', '/two'))
  await page.getByRole('button', { name: 'Resume (1 new)' }).waitFor()
  await untilPaths(page, [])

  await page.locator('.hint').getByRole('button', { name: 'Resume' }).click()
  await untilPaths(page, ['/two'])
  t.pass()
})

test.serial('trailers stand below the headers', async t => {
  const { page, divert } = await openPage(t)
  const head = requestText('POST', '/up', ['Transfer-Encoding: chunked', 'Trailer: X-Sum, X-Token'])
  await divert(`${head}3\r\nabc\r\n0\r\nX-Sum: 7\r\nX-Token: hush\r\n\r\n`)
  await page.getByRole('row', { name: '/up' }).click()
  await page.getByRole('tab', { name: 'Request', exact: true }).click()
  await page.getByRole('heading', { name: 'Trailers' }).waitFor()
  await page.getByRole('row', { name: 'X-Sum 7' }).waitFor()
  await page.getByRole('button', { name: 'Show the value of X-Token' }).waitFor()
  t.notRegex(await page.content(), /hush/)
})
