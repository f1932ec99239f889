import type { IncomingMessage, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import type { ExecutionContext } from 'ava'
import { WebSocketServer } from 'ws'
import type { TestBrowser } from '../../helpers/browser.ts'
import { requestText, startInspected } from './inspected.ts'

type Context = ExecutionContext<TestBrowser>

/** A request with a secret wherever one may stand: each begins with `hush`. */
export const CHARGE = requestText('POST', '/api/charge?currency=EUR&token=hush-query', [
  'Content-Type: application/json', 'Authorization: Bearer hush-header'
], '{"amount": 4200, "card": {"password": "hush-body"}}')

async function answer (request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname } = new URL(request.url ?? '/', 'http://program')
  const asked = await text(request)
  if (pathname === '/broken') response.writeHead(500, { 'content-type': 'text/plain' }).end('out of stock')
  else if (pathname === '/missing') response.writeHead(404).end()
  else if (pathname === '/events') response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n')
  else if (pathname === '/pixel.png') response.writeHead(200, { 'content-type': 'image/png' }).end(PIXEL)
  else response.writeHead(201, { 'content-type': 'application/json', 'set-cookie': 'session=hush' }).end(JSON.stringify({ method: request.method, asked }))
}

const PIXEL = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64')

type PageOptions = {
  readonly colorScheme?: 'light' | 'dark'
  readonly viewport?: { readonly width: number, readonly height: number }
}

/** An inspector of its own, and its page in the browser of this file. */
export async function openPage (t: Context, { colorScheme = 'light', viewport }: PageOptions = {}) {
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: { threshold: 0 } })
  sockets.on('connection', socket => {
    socket.on('message', (said: Buffer, isBinary) => { socket.send(isBinary ? said : `{"heard":${said.toString()}}`) })
  })
  const inspected = await startInspected(t, (request, response) => { void answer(request, response) },
    (request, socket, head) => { sockets.handleUpgrade(request, socket, head, one => { sockets.emit('connection', one) }) })
  const page = await t.context.newPage()
  t.teardown(async () => { await page.close() })
  const complaints: string[] = []
  page.on('pageerror', error => { complaints.push(error.message) })
  page.on('console', message => { if (message.type() === 'error') complaints.push(message.text()) })
  await page.emulateMedia({ colorScheme })
  if (viewport !== undefined) await page.setViewportSize(viewport)
  await page.goto(inspected.url)
  await page.getByText('Live', { exact: true }).waitFor()
  return { ...inspected, complaints, page }
}
