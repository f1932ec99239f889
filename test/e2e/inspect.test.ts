import test from 'ava'
import { startBrowser } from '../helpers/browser.ts'
import { startCaller } from '../helpers/caller-pod.ts'
import { untilPaths } from '../helpers/inspector-rows.ts'
import { makeNamespace } from '../helpers/namespace.ts'
import { startProgram } from '../helpers/program.ts'
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
