import test, { type ExecutionContext } from 'ava'
import type { Page } from 'playwright-core'
import { MAX_HOST_LENGTH, regexOf } from '../../extension/site.ts'
import { makeProfile, startBrowser } from '../helpers/browser.ts'
import { buildForTest, withExtension, type ExtensionBrowser } from '../helpers/extension.ts'
import { eventually } from '../helpers/kube.ts'
import { startSites, type Sites } from '../helpers/sites.ts'

const VALUE = 'maria-3fk27d4a'

// One browser for all: each costs seconds. What undoes it at the end is as in a test.
const undo: Array<() => unknown> = []
const all = { teardown: (step: () => unknown) => { undo.unshift(step) } }
let browser: ExtensionBrowser
let start: () => Promise<ExtensionBrowser>

test.before(async () => {
  const [extension, profile] = [await buildForTest(all), await makeProfile(all)]
  start = async () => await withExtension(await startBrowser(all, { hostRules: ['MAP *.test 127.0.0.1'], extension, profile }))
  browser = await start()
})

test.after.always(async () => { for (const step of undo) await step() })

/** A user who has pasted the header, listed `sites` and switched it on; as if nothing had been before. */
async function startMaria (t: ExecutionContext, sites: readonly string[]) {
  await browser.willAllow(...sites)
  const settings = await browser.openOptions()
  await settings.evaluate(FORGET)
  await settings.reload()
  await settings.getByLabel('Paste').fill(`x-waylay-id: ${VALUE}`)
  await settings.locator('#header-message', { hasText: 'Saved' }).waitFor()
  for (const site of sites) {
    await settings.getByLabel('Another site').fill(site)
    await settings.getByLabel('Another site').press('Enter')
    await settings.getByText(`${site} gets your header`).waitFor()
  }
  const page = await browser.newPage()
  const popup = await browser.openPopup(page)
  await popup.getByRole('switch', { name: 'waylay' }).check()
  t.teardown(async () => { for (const each of [settings, page, popup]) await each.close() })
  return { settings, page, popup }
}

const FORGET = `(async () => {
  await chrome.storage.local.clear()
  const { origins } = await chrome.permissions.getAll()
  await chrome.permissions.remove({ origins: origins.filter(origin => !origin.startsWith('ws')) })
})()`

/** Loads the page until the header comes, or no longer: rules change a moment after the settings. */
async function untilSeen (page: Page, sites: Sites, host: string, wanted: string): Promise<void> {
  await eventually(`${host} gets ${wanted}`, async () => {
    await page.goto(sites.urlOf(host))
    return sites.seen().at(-1) === `GET ${host}/ ${wanted}` || undefined
  }, { timeoutMs: 10_000, everyMs: 50 })
}

/** What the button shows once its badge is `badge`. */
async function button (url: string, badge: string) {
  return await eventually(`the badge is "${badge}"`, async () => {
    const shown = await browser.button(url)
    return shown.badge === badge ? shown : undefined
  }, { timeoutMs: 10_000, everyMs: 50 })
}

async function fetchOn (page: Page, url: string): Promise<void> {
  await page.evaluate(`fetch(${JSON.stringify(url)}).then(response => response.text())`)
}

test.serial('chosen sites get the header, others do not, nor by a redirect or link', async t => {
  const sites = await startSites(t)
  const { page } = await startMaria(t, ['shop.test', '*.team.test'])
  await untilSeen(page, sites, 'shop.test', VALUE)
  await untilSeen(page, sites, 'a.team.test', VALUE)
  for (const host of ['other.test', 'team.test', 'a.shop.test', 'notshop.test']) {
    await page.goto(sites.urlOf(host))
    t.deepEqual(sites.seen(), [`GET ${host}/ -`])
  }
  // The browser comes from another site, and is sent to another one.
  await page.evaluate(`location.href = ${JSON.stringify(sites.urlOf('shop.test', '/by-link'))}`)
  await page.waitForURL('**/by-link')
  t.deepEqual(sites.seen(), [`GET shop.test/by-link ${VALUE}`])
  await page.goto(sites.urlOf('shop.test', `/to?${encodeURIComponent(sites.urlOf('other.test'))}`))
  t.deepEqual(sites.seen(), [`GET shop.test/to ${VALUE}`, 'GET other.test/ -'])
  await page.goto(sites.urlOf('other.test', `/to?${encodeURIComponent(sites.urlOf('shop.test'))}`))
  t.deepEqual(sites.seen(), ['GET other.test/to -', `GET shop.test/ ${VALUE}`])
  t.deepEqual(browser.complaints(), [])
})

test.serial('scripts, frames and WebSockets of a chosen page carry it, without a preflight', async t => {
  const sites = await startSites(t)
  const { page } = await startMaria(t, ['shop.test', 'api.test'])
  await untilSeen(page, sites, 'shop.test', VALUE)
  await fetchOn(page, sites.urlOf('shop.test', '/same'))
  await fetchOn(page, sites.urlOf('api.test', '/other-origin'))
  await fetchOn(page, sites.urlOf('other.test', '/not-chosen'))
  await fetchOn(page, sites.urlOf('api.test', `/to?${encodeURIComponent(sites.urlOf('other.test', '/redirected'))}`))
  t.deepEqual(sites.seen(), [
    `GET shop.test/same ${VALUE}`, `GET api.test/other-origin ${VALUE}`, 'GET other.test/not-chosen -',
    `GET api.test/to ${VALUE}`, 'GET other.test/redirected -'
  ])
  const echoed = await page.evaluate(`new Promise((resolve, reject) => {
    const socket = new WebSocket('ws://shop.test:${sites.port}/live')
    socket.onopen = () => socket.send('hello')
    socket.onmessage = ({ data }) => resolve(data)
    socket.onerror = () => reject(new Error('refused'))
  })`)
  t.is(echoed, 'hello')
  await page.evaluate(`new Promise(resolve => {
    const frame = document.createElement('iframe')
    frame.src = ${JSON.stringify(sites.urlOf('api.test', '/frame'))}
    frame.onload = resolve
    document.body.append(frame)
  })`)
  t.deepEqual(sites.seen(), [`WS shop.test/live ${VALUE}`, `GET api.test/frame ${VALUE}`])
  // A page that is not chosen may call a chosen host: the browser sets a header only for pages that were chosen too.
  await page.goto(sites.urlOf('other.test'))
  sites.seen()
  await fetchOn(page, sites.urlOf('api.test', '/called'))
  t.deepEqual(sites.seen(), ['GET api.test/called -'])
})

test.serial('the button and the popup tell on from off, and the switch ends it', async t => {
  const sites = await startSites(t)
  const { page, popup } = await startMaria(t, ['shop.test'])
  const url = sites.urlOf('shop.test')
  await untilSeen(page, sites, 'shop.test', VALUE)
  t.deepEqual(await button(url, 'on'), { badge: 'on', title: `waylay: on. shop.test gets x-waylay-id: ${VALUE}` })
  await page.bringToFront()
  await popup.reload()
  await popup.getByText('Gets your header').waitFor()
  t.is(await popup.textContent('#host'), 'shop.test')

  // By the keyboard alone.
  await popup.getByRole('switch').focus()
  await popup.keyboard.press('Space')
  await popup.getByText('Gets it when waylay is on').waitFor()

  await untilSeen(page, sites, 'shop.test', '-')
  t.deepEqual(await button(url, ''), { badge: '', title: 'waylay: off. shop.test gets no header' })
  t.deepEqual(browser.complaints(), [])
})

test.serial('a site is added from the popup and removed there, with what was allowed', async t => {
  const sites = await startSites(t)
  const { settings, page, popup } = await startMaria(t, [])
  await browser.willAllow('shop.test')
  // What a click on the real button gives for the page in front: its address may be known.
  await settings.evaluate('chrome.permissions.request({ origins: ["*://shop.test/*"] })')
  await page.goto(sites.urlOf('shop.test'))
  await page.bringToFront()
  await popup.reload()

  await popup.getByRole('button', { name: 'Send my header to this site' }).click()
  await popup.getByText('Gets your header').waitFor()
  await untilSeen(page, sites, 'shop.test', VALUE)

  await popup.getByRole('button', { name: 'Remove this site' }).click()
  await untilSeen(page, sites, 'shop.test', '-')
  await eventually('the browser is no longer allowed', async () =>
    !await settings.evaluate('chrome.permissions.contains({ origins: ["*://shop.test/*"] })') || undefined)
  t.deepEqual(browser.complaints(), [])
})

test.serial('a site that the browser was not allowed gets nothing, and says so', async t => {
  const sites = await startSites(t)
  const { settings, page } = await startMaria(t, ['shop.test'])
  await untilSeen(page, sites, 'shop.test', VALUE)
  // As the user may do on the browser's own page.
  await settings.evaluate('chrome.permissions.remove({ origins: ["*://shop.test/*"] })')

  await untilSeen(page, sites, 'shop.test', '-')
  await settings.getByText('not allowed yet').waitFor()
  await settings.getByRole('button', { name: 'Allow shop.test' }).click()
  await settings.getByText('not allowed yet').waitFor({ state: 'detached' })
  await untilSeen(page, sites, 'shop.test', VALUE)
  t.deepEqual(browser.complaints(), [])
})

test.serial('a host that is removed while its pattern stays is still in it, and so it says', async t => {
  const sites = await startSites(t)
  const { settings, page } = await startMaria(t, ['*.team.test', 'a.team.test'])

  await settings.getByRole('button', { name: 'Remove a.team.test' }).click()

  await settings.getByText('a.team.test still gets your header, by *.team.test').waitFor()
  await untilSeen(page, sites, 'a.team.test', VALUE)
  await settings.getByRole('button', { name: 'Remove *.team.test' }).click()
  await settings.getByText('*.team.test gets no header any more').waitFor()
  await untilSeen(page, sites, 'a.team.test', '-')
  t.deepEqual(browser.complaints(), [])
})

test.serial('a host stays allowed when the pattern that covers it is removed', async t => {
  const sites = await startSites(t)
  const { settings, page } = await startMaria(t, ['*.team.test', 'a.team.test'])
  await untilSeen(page, sites, 'b.team.test', VALUE)

  await settings.getByRole('button', { name: 'Remove *.team.test' }).click()

  await settings.getByText('*.team.test gets no header any more').waitFor()
  await untilSeen(page, sites, 'b.team.test', '-')
  await untilSeen(page, sites, 'a.team.test', VALUE)
  t.is(await settings.getByText('not allowed yet').count(), 0)
  t.false(await settings.evaluate('chrome.permissions.contains({ origins: ["*://b.team.test/*"] })'))
  t.deepEqual(browser.complaints(), [])
})

test.serial('wrong input is refused with a reason, and changes nothing', async t => {
  const { settings } = await startMaria(t, [])
  await settings.getByLabel('Another site').fill('*.org')
  await settings.getByRole('button', { name: 'Add' }).click()
  await settings.getByText('"*.org" would be too many sites').waitFor()
  t.is(await settings.getByLabel('Another site').getAttribute('aria-invalid'), 'true')
  await settings.getByLabel('Name').fill('cookie')
  await settings.getByRole('button', { name: 'Save' }).click()
  await settings.getByText('"cookie" has another meaning').waitFor()
  await settings.reload()
  t.is(await settings.getByLabel('Name').inputValue(), 'x-waylay-id')
  t.is(await settings.getByLabel('Value').inputValue(), VALUE)
  t.true(await settings.getByText('None yet.').isVisible())
})

test.serial('another header is set under its own name', async t => {
  const sites = await startSites(t, 'x-user')
  const { settings, page } = await startMaria(t, ['shop.test'])
  await settings.getByLabel('Name').fill('X-User')
  await settings.getByLabel('Value').fill('maria@example.org')
  await settings.getByLabel('Value').press('Enter')
  await untilSeen(page, sites, 'shop.test', 'maria@example.org')
  t.deepEqual(browser.complaints(), [])
})

test.serial('the browser takes a rule for the longest host', async t => {
  const { settings } = await startMaria(t, [])
  const supported = async (length: number) => await settings.evaluate<{ isSupported: boolean }>(
    `chrome.declarativeNetRequest.isRegexSupported(${JSON.stringify({ regex: regexOf(`*.${'a'.repeat(length)}`) })})`)
  t.deepEqual(await supported(MAX_HOST_LENGTH), { isSupported: true })
  t.like(await supported(20 * MAX_HOST_LENGTH), { isSupported: false })
})

test.serial('the header is still set after the service worker ended and the browser restarted', async t => {
  const sites = await startSites(t)
  const { page, popup } = await startMaria(t, ['shop.test'])
  await untilSeen(page, sites, 'shop.test', VALUE)
  await browser.endWorker()
  await page.goto(sites.urlOf('shop.test'))
  t.deepEqual(sites.seen(), [`GET shop.test/ ${VALUE}`])
  // A change wakes it up.
  await popup.getByRole('switch').uncheck()
  await untilSeen(page, sites, 'shop.test', '-')
  await popup.getByRole('switch').check()
  await untilSeen(page, sites, 'shop.test', VALUE)
  await browser.close()

  browser = await start()
  const newPage = await browser.newPage()
  await newPage.goto(sites.urlOf('shop.test'))

  t.deepEqual(sites.seen(), [`GET shop.test/ ${VALUE}`])
  t.is((await button(sites.urlOf('shop.test'), 'on')).badge, 'on')
})
