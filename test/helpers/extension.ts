import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import type { BrowserContext, Page } from 'playwright-core'
import { buildExtension } from '../../build/extension.ts'
import { eventually } from './kube.ts'
import type { TestBrowser } from './browser.ts'

/** A browser with our extension in it. */
export type ExtensionBrowser = TestBrowser & {
  readonly id: string
  readonly openOptions: () => Promise<Page>
  /** The popup's page beside `page`, of which it then speaks: that one is in front. */
  readonly openPopup: (page: Page) => Promise<Page>
  /** From now on the browser says yes, as if the user had been asked about this host before. */
  readonly willAllow: (...hosts: readonly string[]) => Promise<void>
  /** As the browser does with a service worker that has been idle for half a minute. */
  readonly endWorker: () => Promise<void>
  /** What the button shows while the tab at `url` is in front. */
  readonly button: (url: string) => Promise<{ readonly badge: string, readonly title: string }>
}

/**
 * Builds the extension as users do, into a folder that is gone with the test. Of its optional permissions those for
 * WebSockets are given from the start: no program can answer the browser's question about them, nor could one have
 * answered it before.
 */
export async function buildForTest (t: Pick<ExecutionContext, 'teardown'>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'waylay-extension-'))
  t.teardown(async () => { await rm(folder, { recursive: true, force: true }) })
  await buildExtension(folder)
  const path = join(folder, 'manifest.json')
  const manifest = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>
  await writeFile(path, JSON.stringify({ ...manifest, host_permissions: ['ws://*/*', 'wss://*/*'] }))
  return folder
}

/** Waits until a browser that was started with the extension runs it. */
export async function withExtension (browser: TestBrowser): Promise<ExtensionBrowser> {
  const { context } = browser
  const worker = context.serviceWorkers()[0] ?? await context.waitForEvent('serviceworker')
  const id = new URL(worker.url()).host
  const open = async (file: string): Promise<Page> => {
    const page = await browser.newPage()
    await page.goto(`chrome-extension://${id}/${file}`)
    return page
  }
  return {
    ...browser,
    id,
    openOptions: async () => await open('options.html'),
    openPopup: async page => {
      const popup = await open('popup.html')
      await page.bringToFront()
      await popup.reload()
      return popup
    },
    endWorker: async () => await endWorker(context),
    willAllow: async (...hosts) => await rememberAllowed(await browser.newPage(), id, hosts),
    button: async url => {
      // Not in the service worker: it may be asleep.
      const page = await open('options.html')
      return await page.evaluate<{ badge: string, title: string }>(`(async () => {
        const { id: tabId } = (await chrome.tabs.query({})).find(tab => tab.url === ${JSON.stringify(url)})
        const [badge, title] = await Promise.all([chrome.action.getBadgeText({ tabId }), chrome.action.getTitle({ tabId })])
        return { badge, title }
      })()`).finally(async () => await page.close())
    }
  }
}

async function endWorker (context: BrowserContext): Promise<void> {
  const page = await context.newPage()
  const session = await context.newCDPSession(page)
  const workers = async () => (await session.send('Target.getTargets')).targetInfos.filter(({ type }) => type === 'service_worker')
  const [worker] = await workers()
  if (worker === undefined) throw new Error('There is no service worker to end')
  await session.send('Target.closeTarget', { targetId: worker.targetId })
  await eventually('the service worker is gone', async () => (await workers()).length === 0 || undefined)
  await page.close()
}

async function rememberAllowed (page: Page, id: string, hosts: readonly string[]): Promise<void> {
  await page.goto('chrome://extensions')
  for (const host of hosts) {
    await page.evaluate(`new Promise((resolve, reject) => chrome.developerPrivate.addHostPermission(
      '${id}', '*://${host}/*',
      () => chrome.runtime.lastError ? reject(new Error(chrome.runtime.lastError.message)) : resolve()))`)
  }
  await page.close()
}
