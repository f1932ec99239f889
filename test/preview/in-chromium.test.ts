import { createServer } from 'node:http'
import test from 'ava'
import { WebSocketServer } from 'ws'
import { startBrowser } from '../helpers/browser.ts'
import { DOMAIN, aPreview, mariasIntercept, startGateway } from './cases.ts'

const ICON = '<link rel="icon" href="data:,">'
const PAGE = `${ICON}<h1>app</h1><iframe src="/frame"></iframe><script src="/script"></script><script>
  const tries = [
    fetch('/fetched').then(answer => answer.ok), fetch('/posted', { method: 'POST' }).then(answer => answer.ok),
    new Promise(done => { new WebSocket('/socket').onmessage = () => done(true) }),
    navigator.serviceWorker.register('/worker').then(() => true, () => false)
  ]
  Promise.all(tries).then(all => { document.title = String([...all, globalThis.ran]) })
</script>`

test('an app works in a browser that opened the link, but for a service worker', async t => {
  const asked: string[] = []
  const app = createServer((req, res) => {
    asked.push(`${req.method} ${req.url}`)
    const type = req.url === '/script' || req.url === '/worker' ? 'text/javascript' : 'text/html'
    res.setHeader('content-type', type)
    res.end(req.url === '/script' ? 'globalThis.ran = true' : req.url === '/orders' ? PAGE : ICON)
  })
  new WebSocketServer({ server: app }).on('connection', socket => { socket.send('hello') })
  const { port, token, pair } = await startGateway(t, app)
  const browser = await startBrowser(t, { hostRules: [`MAP *.${DOMAIN}:443 127.0.0.1:${port}`], trust: pair.certificate })
  const tab = await browser.newPage()
  await tab.goto(`https://${token}.${DOMAIN}/orders`)
  await tab.waitForFunction('document.title !== ""')
  t.is(await tab.title(), 'true,true,true,false,true')
  t.true(['GET /orders', 'GET /frame', 'POST /posted'].every(one => asked.includes(one)), String(asked))
  t.false(asked.includes('GET /worker'))
})

test('a page of another preview leads here, and neither frames what is here nor runs it', async t => {
  const asked: string[] = []
  const started = await startGateway(t, (req, res) => {
    asked.push(`${req.method} ${req.url}`)
    const own = `https://${started.host}`
    const evil = `${ICON}<iframe src="${own}/frame"></iframe><script src="${own}/script"></script><script>
      fetch('${own}/fetched', { credentials: 'include', mode: 'no-cors' }).catch(() => {}).then(() => { document.title = 'tried' })
      </script><a href="${own}/led">go</a>`
    res.setHeader('content-type', 'text/html').end(req.url === '/evil' ? evil : `${ICON}<h1>app</h1>`)
  })
  const { token: siblings, preview } = aPreview({ port: started.preview.port })
  started.gateway.links.put(mariasIntercept([started.preview, preview]))
  const browser = await startBrowser(t, {
    hostRules: [`MAP *.${DOMAIN}:443 127.0.0.1:${started.port}`], trust: started.pair.certificate
  })
  const tab = await browser.newPage()
  await tab.goto(`https://${started.token}.${DOMAIN}/first`)
  await tab.goto(`https://${siblings}.${DOMAIN}/evil`)
  await tab.waitForFunction('document.title === "tried"')
  t.deepEqual(asked, ['GET /first', 'GET /evil'])
  await tab.click('a')
  await tab.waitForURL(`https://${started.host}/led`)
  t.is(await tab.textContent('h1'), 'app')
})
