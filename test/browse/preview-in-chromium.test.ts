import { createServer, type RequestListener } from 'node:http'
import test, { type ExecutionContext } from 'ava'
import { WebSocketServer } from 'ws'
import { startBrowser } from '../helpers/browser.ts'
import { until } from '../cli/helpers/until.ts'
import { listen, startTestPreview } from '../cli/preview/fake-app.ts'

const COOKIES = [
  'plain=1; Path=/; Domain=.shop; Secure; SameSite=None', '__Host-a=1; Path=/; Secure', '__Secure-b=1; Path=/; Domain=payments.shop; Secure; HttpOnly'
]

async function startApp (t: ExecutionContext, serve: RequestListener) {
  const server = createServer(serve)
  const port = await listen(t, server)
  return { server, preview: await startTestPreview(t, { appPort: () => port }) }
}

function html (text: string): string {
  return `<!doctype html><link rel="icon" href="data:,">${text}`
}

test('Chromium stays inside over a redirect, and keeps and sends every cookie of the app', async t => {
  const { preview } = await startApp(t, (req, res) => {
    if (req.url === '/login') return void res.writeHead(302, { location: 'http://payments.shop/home', 'set-cookie': COOKIES }).end()
    res.setHeader('content-type', 'text/html').end(html(`<p>${req.headers.cookie ?? ''}</p>`))
  })
  for (const name of ['127.0.0.1', 'shop.localhost']) {
    const browser = await startBrowser(t)
    const tab = await browser.newPage()
    const origin = `http://${name}:${preview.port}`
    await tab.goto(`${origin}/login`)
    t.is(tab.url(), `${origin}/home`)
    const sent = (await tab.textContent('p') ?? '').split('; ').sort()
    t.deepEqual(sent, ['__Host-a=1', '__Secure-b=1', 'plain=1'], name)
    t.deepEqual(browser.complaints(), [])
  }
})

test('a page of another site gets nothing through the developer\'s preview, but a link to it works', async t => {
  const asked: string[] = []
  const { server, preview } = await startApp(t, (req, res) => {
    asked.push(req.url ?? '')
    res.setHeader('content-type', 'text/html').end(html('<h1>app</h1>'))
  })
  new WebSocketServer({ server }).on('connection', () => { asked.push('socket') })
  const attempts = `
    const to = '${preview.url}'; const all = []
    all.push(fetch(to + '/fetch', { mode: 'no-cors' }).catch(() => {}))
    all.push(fetch(to + '/post', { method: 'POST', mode: 'no-cors', body: 'x' }).catch(() => {}))
    all.push(new Promise(done => { const image = new Image(); image.onload = image.onerror = done; image.src = to + '/image' }))
    all.push(new Promise(done => { const socket = new WebSocket(to.replace('http', 'ws') + '/socket'); socket.onopen = socket.onerror = done }))
    Promise.all(all).then(() => { document.title = 'tried' })`
  const form = `<form method="post" action="${preview.url}/transfer"></form><script>document.forms[0].submit()</script>`
  const evil = createServer((req, res) => {
    res.setHeader('content-type', 'text/html')
      .end(html(req.url === '/form' ? form : `<a href="${preview.url}/link">go</a><iframe src="${preview.url}/frame"></iframe><script>${attempts}</script>`))
  })
  const port = await listen(t, evil)
  const browser = await startBrowser(t, { hostRules: ['MAP evil.test 127.0.0.1'] })
  const tab = await browser.newPage()
  await tab.goto(`http://evil.test:${port}/`)
  await tab.waitForFunction('document.title === "tried"')
  t.deepEqual(asked, [], 'none of it came to the app')
  await tab.click('a')
  await until(() => asked.length > 0)
  t.is(await tab.textContent('h1'), 'app')
  t.deepEqual(asked, ['/link'])
  await tab.goto(`http://evil.test:${port}/form`)
  await tab.waitForURL(`${preview.url}/transfer`)
  t.regex(await tab.textContent('body') ?? '', /another site/)
  t.deepEqual(asked, ['/link'], 'a form of another site does not come to the app')
  t.true(preview.turns.some(({ failure }) => failure === 'WAYLAY_PREVIEW_FOREIGN'), 'they were refused by us')
})
