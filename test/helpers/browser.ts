import { createHash, X509Certificate } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { chromium, type BrowserContext, type Page } from 'playwright-core'
import { findChromium } from './chromium.ts'

/** How a browser is started. */
export type BrowserOptions = {
  /** Where names lead, as Chromium writes it: `MAP *.shop.test 127.0.0.1` or `MAP shop.test:80 127.0.0.1:8080`. */
  readonly hostRules?: readonly string[]
  /** PEM of a certificate that it takes for good, or of that one's authority if servers send it along. No other. */
  readonly trust?: string
  /** The folder of an unpacked extension. */
  readonly extension?: string
  /** The folder of a profile, for browsers that follow each other; default: a fresh one, gone with the browser. */
  readonly profile?: string
  readonly colorScheme?: 'light' | 'dark'
  /** In CSS pixels; default 1280 × 800. */
  readonly viewport?: { readonly width: number, readonly height: number }
  /** Device pixels for each CSS pixel; default 1. */
  readonly scale?: number
}

/** One browser with a profile of its own. */
export type TestBrowser = {
  readonly context: BrowserContext
  readonly newPage: () => Promise<Page>
  /** What went wrong so far on any page: console errors, uncaught exceptions, requests that failed. */
  readonly complaints: () => readonly string[]
  /** Every `host:port` or `host` that any page asked for something, WebSockets included; sorted. */
  readonly hosts: () => readonly string[]
  readonly close: () => Promise<void>
}

/** Nothing but this machine: whatever else a page or Chromium itself asks for has no address. */
const THIS_MACHINE = [
  'MAP * ~NOTFOUND', 'EXCLUDE 127.0.0.1', 'EXCLUDE [::1]', 'EXCLUDE localhost', 'EXCLUDE *.localhost'
] as const

/** Starts this machine's Chromium without a window; closed with the test. */
export async function startBrowser (
  t: Pick<ExecutionContext, 'teardown'>, options: BrowserOptions = {}
): Promise<TestBrowser> {
  const browser = await openBrowser(options)
  t.teardown(browser.close)
  return browser
}

/** The same outside a test: whoever opens it closes it. */
export async function openBrowser (options: BrowserOptions = {}): Promise<TestBrowser> {
  const executablePath = await findChromium()
  const profile = options.profile ?? await makeFolder()
  const context = await chromium.launchPersistentContext(profile, {
    executablePath,
    headless: false,
    args: argumentsOf(options),
    ignoreDefaultArgs: ['--disable-extensions', '--enable-unsafe-swiftshader'],
    colorScheme: options.colorScheme ?? 'light',
    viewport: options.viewport ?? { width: 1280, height: 800 },
    deviceScaleFactor: options.scale ?? 1,
    chromiumSandbox: process.getuid?.() !== 0
  })
  const close = async () => {
    await context.close()
    if (options.profile === undefined) await removeFolder(profile)
  }
  return { context, newPage: async () => await context.newPage(), ...listen(context), close }
}

/** A profile for browsers that follow each other; gone with the test. */
export async function makeProfile (t: Pick<ExecutionContext, 'teardown'>): Promise<string> {
  const folder = await makeFolder()
  t.teardown(async () => await removeFolder(folder))
  return folder
}

async function makeFolder (): Promise<string> {
  return await mkdtemp(join(tmpdir(), 'waylay-browser-'))
}

/** A browser that has ended may still be writing. */
async function removeFolder (folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 5 })
}

/** Beside what Playwright passes. Headless by flag: Playwright's own switch means another program than this one. */
function argumentsOf ({ hostRules = [], trust, extension }: BrowserOptions): string[] {
  return [
    '--headless=new', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync', '--disable-features=DisableLoadExtensionCommandLineSwitch',
    `--host-resolver-rules=${[...hostRules, ...THIS_MACHINE].join(', ')}`,
    ...trust === undefined ? [] : [`--ignore-certificate-errors-spki-list=${keyDigest(trust)}`],
    ...extension === undefined ? [] : [`--disable-extensions-except=${extension}`, `--load-extension=${extension}`]
  ]
}

/** What Chromium knows a public key by. */
function keyDigest (certificate: string): string {
  const key = new X509Certificate(certificate).publicKey.export({ type: 'spki', format: 'der' })
  return createHash('sha256').update(key).digest('base64')
}

function listen (context: BrowserContext): Pick<TestBrowser, 'complaints' | 'hosts'> {
  const complaints: string[] = []
  const hosts = new Set<string>()
  const sawUrl = (url: string) => { if (/^(https?|wss?):/.test(url)) hosts.add(new URL(url).host) }
  context.on('request', request => sawUrl(request.url()))
  context.on('requestfailed', request =>
    complaints.push(`${request.method()} ${request.url()}: ${request.failure()?.errorText ?? 'failed'}`))
  context.on('console', message => {
    if (message.type() === 'error') complaints.push(`console of ${message.page()?.url() ?? 'a worker'}: ${message.text()}`)
  })
  context.on('weberror', error => complaints.push(`uncaught: ${error.error().message}`))
  const follow = (page: Page) => { page.on('websocket', socket => sawUrl(socket.url())) }
  context.pages().forEach(follow)
  context.on('page', follow)
  return { complaints: () => complaints, hosts: () => [...hosts].sort() }
}
