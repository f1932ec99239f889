import anyTest, { type TestFn } from 'ava'
import { openBrowser, type TestBrowser } from '../../helpers/browser.ts'
import { forTheFile } from '../../helpers/for-the-file.ts'
import { pathsOf, untilPaths } from '../../helpers/inspector-rows.ts'
import { requestText } from './inspected.ts'
import { CHARGE, openPage } from './opened-page.ts'

const test = anyTest as TestFn<TestBrowser>

// One browser for all: each costs two seconds of CPU.
const opening = openBrowser()
forTheFile().teardown(async () => { await (await opening).close() })
test.beforeEach(async t => { t.context = await opening })

const SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9" onload="top.document.title=1"><script>top.document.title=1</script></svg>'

test.serial('the page waits with a command to try, and its address holds no token', async t => {
  const { page, complaints, port } = await openPage(t)

  await page.getByRole('heading', { name: 'Waiting for the first request' }).waitFor()
  t.regex(await page.locator('.command code').textContent() ?? '', /^curl -H 'x-waylay-id: maria-3fk27d4a' http:\/\/pay\.shop\/$/)
  t.true((await page.locator('.example').textContent())?.includes(`127.0.0.1:${port}`))
  t.regex(page.url(), /^http:\/\/127\.0\.0\.1:\d+\/waylay-[0-9a-f]{16}\/$/)
  const asked = await page.evaluate<string[]>('performance.getEntriesByType("resource").map(({ name }) => new URL(name).host)')
  t.true(asked.length >= 3)
  t.deepEqual([...new Set(asked)], [new URL(page.url()).host], 'nothing is loaded from elsewhere')
  t.deepEqual(complaints, [])
})

test.serial('diverted requests appear as they come, and the filter chooses among them', async t => {
  const { page, divert } = await openPage(t)

  await divert(CHARGE)
  await untilPaths(page, ['/api/charge?currency=EUR&token=••••'])
  await divert(requestText('GET', '/broken'), { pod: 1 })
  await divert(requestText('GET', '/missing'), { caller: '10.244.1.99' })
  await untilPaths(page, ['/missing', '/broken', '/api/charge?currency=EUR&token=••••'])
  await page.locator('.rows .badge', { hasText: '404' }).waitFor()
  t.deepEqual(await page.locator('.rows .badge').allTextContents(), ['404', '500', '201'])

  const filter = page.getByLabel('Filter')
  for (const [typed, paths] of [
    ['status:5xx', ['/broken']], ['method:post path:/api', ['/api/charge?currency=EUR&token=••••']], ['-status:404 method:get', ['/broken']],
    ['10.244.1.99', ['/missing']], ['pod:9wmzt', ['/broken']], ['type:json', ['/api/charge?currency=EUR&token=••••']]
  ] as const) {
    await filter.fill(typed)
    await untilPaths(page, paths)
  }
  await filter.fill('nothing-like-it')
  await page.getByRole('button', { name: 'Show all' }).click()
  await untilPaths(page, ['/missing', '/broken', '/api/charge?currency=EUR&token=••••'])
  await page.getByRole('button', { name: '4xx' }).click()
  await untilPaths(page, ['/missing'])
})

test.serial('secrets are hidden until somebody clicks, each by itself', async t => {
  const { page, divert } = await openPage(t)
  await divert(CHARGE)
  await page.getByRole('row', { name: '/api/charge' }).click()
  await page.getByRole('tab', { name: 'Request', exact: true }).click()
  await page.getByRole('button', { name: 'Show the value of Authorization' }).waitFor()
  t.notRegex(await page.content(), /hush/)

  await page.getByRole('button', { name: 'Show the value of Authorization' }).click()
  await page.getByText('Bearer hush-header').waitFor()
  t.notRegex(await page.content(), /hush-body|hush-query/)

  await page.getByRole('button', { name: 'Show hidden values' }).click()
  await page.getByText('"hush-body"').waitFor()

  await page.getByRole('tab', { name: 'Response' }).click()
  await page.getByRole('button', { name: 'Show the value of set-cookie' }).waitFor()
  await page.getByRole('button', { name: 'Show secrets' }).click()
  await page.getByText('session=hush').waitFor()
})

test.serial('the form to edit shows of what is hidden only what was clicked', async t => {
  const { page, divert } = await openPage(t)
  await divert(CHARGE.replace('\r\n\r\n', '\r\nX-Api-Key: hush-key\r\n\r\n'))
  await page.getByRole('row', { name: '/api/charge' }).click()
  await page.getByRole('tab', { name: 'Request', exact: true }).click()
  await page.getByRole('button', { name: 'Show the value of Authorization' }).click()
  await page.getByText('Bearer hush-header').waitFor()

  await page.getByRole('button', { name: 'Edit & replay' }).click()

  t.is(await page.getByLabel('Path').inputValue(), '/api/charge?currency=EUR&token=••••')
  const headers = await page.getByLabel('Headers').inputValue()
  t.regex(headers, /^Authorization: Bearer hush-header$/m)
  t.regex(headers, /^X-Api-Key: ••••$/m)
})

test.serial('a replay reaches the program again, and an edited one as it was edited', async t => {
  const { page, divert } = await openPage(t)
  await divert(CHARGE)
  await page.getByRole('row', { name: '/api/charge' }).click()

  await page.getByRole('button', { name: 'Replay', exact: true }).click()
  await page.getByRole('heading', { name: 'Against the original' }).waitFor()
  await page.getByRole('tab', { name: 'Response' }).click()
  await page.getByText('hush-body').or(page.getByText('"asked"')).first().waitFor()

  await page.getByRole('button', { name: 'Edit & replay' }).click()
  await page.getByLabel('Method').fill('PUT')
  await page.getByLabel('Path').fill('/edited?token=••••')
  await page.getByRole('button', { name: 'Edit body' }).click()
  await page.getByLabel('Body', { exact: true }).fill('brand new')
  await page.getByRole('button', { name: 'Send' }).click()
  await untilPaths(page, ['/edited?token=••••', '/api/charge?currency=EUR&token=••••', '/api/charge?currency=EUR&token=••••'])
  await page.getByRole('tab', { name: 'Response' }).click()
  await page.getByText('"brand new"').waitFor()
  await page.getByText('"PUT"').waitFor()
  t.is(await page.locator('.rows .tag.accent').count(), 2)
})

test.serial('everything can be reached with keys', async t => {
  const { page, divert } = await openPage(t)
  await divert(requestText('GET', '/one'))
  await divert(requestText('GET', '/two'))
  await untilPaths(page, ['/two', '/one'])
  const untilSelected = async (path: string): Promise<void> => {
    await page.locator('.rows [aria-selected="true"]', { hasText: path }).waitFor()
  }

  await page.keyboard.press('j')
  await untilSelected('/two')
  await page.keyboard.press('ArrowDown')
  await untilSelected('/one')
  await page.keyboard.press('k')
  await untilSelected('/two')
  await page.keyboard.press('2')
  await page.locator('.panel').getByText('x-waylay-id').waitFor()
  await page.keyboard.press('r')
  await untilPaths(page, ['/two', '/two', '/one'])
  await page.keyboard.press('/')
  await page.keyboard.type('/one')
  await untilPaths(page, ['/one'])
  await page.keyboard.press('Escape')
  await page.locator('.detail').waitFor({ state: 'hidden' })
  await page.keyboard.press('?')
  await page.getByRole('heading', { name: 'Keys' }).waitFor()
  await page.keyboard.press('Escape')
  await page.getByRole('heading', { name: 'Keys' }).waitFor({ state: 'hidden' })
  t.deepEqual(await pathsOf(page), ['/one'])
})

test.serial('what callers and programs send is text, whatever it looks like', async t => {
  const { page, divert, complaints } = await openPage(t)
  await divert(requestText('POST', '/<img/src=x/onerror=document.title=1>?__proto__:x=1', [
    'X-Odd: <script>document.title=1</script>', 'Referer: javascript:document.title=1', 'Content-Type: image/svg+xml'
  ], SVG))
  await page.getByRole('row', { name: 'onerror' }).click()
  await page.getByRole('tab', { name: 'Request', exact: true }).click()
  await page.getByRole('img', { name: 'The body, as an image' }).waitFor()
  await page.getByRole('tab', { name: 'Response' }).click()
  await page.getByText('"asked"').waitFor()
  await page.getByLabel('Filter').fill('__proto__:x constructor:y')
  await page.getByRole('heading', { name: 'Nothing fits' }).waitFor()

  t.is(await page.title(), 'waylay inspector')
  t.is(await page.locator('main img:not(.picture), main a, main script').count(), 0)
  t.deepEqual(complaints, [])
})

test.serial('a value that is shown by key leaves the focus in its place, and a key that is held replays once', async t => {
  const { page, divert } = await openPage(t)
  await divert(CHARGE)
  await page.getByRole('row', { name: '/api/charge' }).waitFor()
  await page.keyboard.press('j')
  await page.keyboard.press('2')
  await page.getByRole('button', { name: 'Show the value of Authorization' }).focus()
  await page.keyboard.press('Enter')
  await page.getByText('Bearer hush-header').waitFor()
  t.true(await page.evaluate('document.querySelector(".panel").contains(document.activeElement)'))

  await page.keyboard.down('r')
  await page.keyboard.down('r')
  await page.keyboard.down('r')
  await page.keyboard.up('r')
  await page.getByRole('heading', { name: 'Against the original' }).waitFor()
  t.is(await page.locator('.rows .tag.accent').count(), 1)
  await page.keyboard.press('Escape')
  await page.locator('.detail').waitFor({ state: 'hidden' })
  t.is(await page.evaluate('document.activeElement.id'), 'list')
})

test.serial('an image is shown as one, and a stream of events while it goes on', async t => {
  const { page, divert, complaints } = await openPage(t)
  await divert(requestText('GET', '/pixel.png'))
  await page.getByRole('row', { name: '/pixel.png' }).click()
  await page.getByRole('tab', { name: 'Response' }).click()
  await page.getByRole('img', { name: 'The body, as an image' }).waitFor()

  await divert(requestText('GET', '/events'), { staysOpen: true })
  await page.getByRole('row', { name: '/events' }).click()
  await page.getByText('data: 1').waitFor()
  t.is(await page.getByRole('row', { name: '/events' }).locator('.tag').allTextContents().then(tags => tags.join()), 'events,open')
  t.deepEqual(complaints, [])
})

test.serial('the workload shows callers, pods, and who intercepts what', async t => {
  const { page, divert, complaints } = await openPage(t)
  // As a listener for both families calls it.
  await divert(requestText('GET', '/'), { caller: '::ffff:10.244.1.17' })
  await page.getByRole('row').nth(1).click()
  await page.getByText('10.244.1.17 → payments-6d5f9-x2lkq', { exact: false }).waitFor()
  t.notRegex(await page.locator('.panel').textContent() ?? '', /ffff/)

  await page.keyboard.press('w')

  await page.getByRole('img', { name: '1 caller of deployment/payments; 2 of 2 pods divert' }).waitFor()
  for (const text of ['10.244.1.17', 'payments-6d5f9-x2lkq', 'Your program']) await page.locator('.flow').getByText(text, { exact: true }).waitFor()
  await page.getByRole('row', { name: 'deployment/payments:8080' }).getByText('this command').waitFor()
  t.deepEqual(complaints, [])
})

test.serial('dark and light follow the system until somebody chooses', async t => {
  const { page } = await openPage(t, { colorScheme: 'dark' })
  const ground = async (): Promise<string> => await page.evaluate('getComputedStyle(document.body).backgroundColor')

  t.is(await ground(), 'rgb(15, 17, 21)')
  await page.keyboard.press('t')
  t.is(await ground(), 'rgb(246, 247, 249)')
  await page.reload()
  t.is(await ground(), 'rgb(246, 247, 249)')
})

test.serial('on 360 pixels the page fits, and details take the place of the list', async t => {
  const { page, divert } = await openPage(t, { viewport: { width: 360, height: 640 } })
  await divert(CHARGE)
  await page.getByRole('row', { name: '/api/charge' }).click()
  await page.getByRole('heading', { name: 'Timing' }).waitFor()

  t.false(await page.locator('.list').isVisible())
  t.is(await page.evaluate('document.documentElement.scrollWidth'), 360)
  await page.getByRole('tab', { name: 'Request', exact: true }).click()
  await page.getByRole('button', { name: 'Show hidden values' }).waitFor()
  for (const part of ['.panel', '.detail > .tabs']) {
    t.true(await page.evaluate(`(part => part.scrollWidth <= part.clientWidth)(document.querySelector('${part}'))`), part)
  }
  await page.getByRole('button', { name: 'Back to the list' }).click()
  await page.locator('.list').waitFor()
})
