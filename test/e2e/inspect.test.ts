import { createServer } from 'node:http'
import test from 'ava'
import { serveWebSockets } from './fixtures/websocket-echo.ts'
import { startBrowser } from '../helpers/browser.ts'
import { startCaller } from '../helpers/caller-pod.ts'
import { untilPaths } from '../helpers/inspector-rows.ts'
import { listen } from '../helpers/listening.ts'
import { makeNamespace } from '../helpers/namespace.ts'
import { startProgram } from '../helpers/program.ts'
import { startProgramPod } from '../helpers/program-pod.ts'
import { throughProxy } from '../helpers/through-proxy.ts'
import { startIntercept } from '../helpers/waylay.ts'
import { deployApp, urlOf, type Pod } from '../helpers/workload.ts'

const MARIA = { 'x-waylay-id': 'maria-12345678' }

test('the inspector shows a diverted request, filters it, replays it, and draws the workload', async t => {
  const namespace = await makeNamespace(t)
  const [pod] = await deployApp(namespace) as [Pod]
  const [caller, program, browser] = await Promise.all([
    startCaller(t, namespace), startProgram(t, 'maria'), startBrowser(t), throughProxy(pod)
  ])
  const { events, stop } = await startIntercept(t, [
    'app', '-n', namespace, '--port', String(program.port), '--id', MARIA['x-waylay-id'], '--inspect'
  ])
  const page = await browser.newPage()
  await page.goto(String(events.find(({ event }) => event === 'inspector')?.['url']))
  await page.getByRole('heading', { name: 'Waiting for the first request' }).waitFor()

  t.is((await caller.request(`${urlOf(pod)}/cart?token=hush`, MARIA)).json.answeredBy, 'maria')
  t.is((await caller.request(`${urlOf(pod)}/orders`, { ...MARIA, authorization: 'Bearer hush' }, 'DELETE')).json.answeredBy, 'maria')
  t.is((await caller.request(`${urlOf(pod)}/others`)).json.answeredBy, 'app')
  await untilPaths(page, ['/orders', '/cart?token=••••'])

  await page.keyboard.press('/')
  await page.keyboard.type('method:delete')
  await untilPaths(page, ['/orders'])
  await page.keyboard.press('ArrowDown')
  await page.getByText(pod.metadata.name).waitFor()
  t.notRegex(await page.content(), /hush/)

  t.deepEqual(program.seen, ['GET /cart?token=hush', 'DELETE /orders'])
  await page.getByRole('button', { name: 'Replay', exact: true }).click()
  await page.getByRole('heading', { name: 'Against the original' }).waitFor()
  t.deepEqual(program.seen, ['GET /cart?token=hush', 'DELETE /orders', 'DELETE /orders'])

  await page.getByRole('tab', { name: 'Workload' }).click()
  const flow = page.locator('.flow')
  await flow.getByText('caller', { exact: true }).waitFor()
  await flow.locator('.node-text', { hasText: /^diverting · \d+ passed to the app$/ }).waitFor()
  await page.getByRole('row', { name: 'deployment/app:8080' }).getByText('this command').waitFor()
  t.is(await page.locator('.notice').count(), 0, 'a developer\'s rights are enough for all of it')
  t.deepEqual(browser.complaints(), [])

  t.is((await stop()).exitCode, 0)
  await page.getByText('The command has ended').waitFor()
})

test('the inspector shows what a WebSocket says, and a list that is held still', async t => {
  const namespace = await makeNamespace(t)
  const [pod] = await deployApp(namespace) as [Pod]
  const server = createServer((_request, response) => response.end('maria'))
  serveWebSockets(server, 'maria')
  const [caller, plain, port, browser] = await Promise.all([
    startProgramPod(t, namespace, 'websocket-caller.ts'), startCaller(t, namespace), listen(t, server), startBrowser(t),
    throughProxy(pod)
  ])
  const { events } = await startIntercept(t, [
    'app', '-n', namespace, '--port', String(port), '--id', MARIA['x-waylay-id'], '--inspect'
  ])
  const page = await browser.newPage()
  await page.goto(String(events.find(({ event }) => event === 'inspector')?.['url']))
  await page.getByRole('heading', { name: 'Waiting for the first request' }).waitFor()

  const url = `${urlOf(pod).replace('http:', 'ws:')}/chat`
  t.is(await caller('open', { name: 'chat', url, headers: MARIA }), 'maria')
  await untilPaths(page, ['/chat'])
  await page.keyboard.press('j')
  await page.getByRole('heading', { name: 'Timing' }).waitFor()
  await page.keyboard.press('m')
  await page.locator('.message.received', { hasText: 'maria' }).waitFor()

  const text = '{"token":"hush","note":"ünïcode"}'
  t.deepEqual(await caller('text', { name: 'chat', text }), { text, isBinary: false })
  for (const way of ['sent', 'received']) {
    await page.locator(`.message.${way}`, { hasText: '{"token":"••••","note":"ünïcode"}' }).waitFor()
  }
  t.notRegex(await page.content(), /hush/)

  await page.keyboard.press('p')
  await page.getByRole('button', { name: 'Resume' }).waitFor()
  t.is((await plain.request(`${urlOf(pod)}/later`, MARIA)).body, 'maria')
  await page.getByRole('button', { name: 'Resume (1 new)' }).click()
  await untilPaths(page, ['/later', '/chat'])
  t.deepEqual(browser.complaints(), [])
})
