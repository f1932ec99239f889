/**
 * One service of the shop in its pod. `SERVICE` is its name, `NEXT` the one behind it, `PORT` where it listens.
 * waylay sets `WAYLAY_ENV` in copies of it that are part of an environment.
 */
import { hostname } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import { createService } from './create-service.ts'

/** Other pods hear of our end from Kubernetes only after we do: until then we go on answering. */
const LEAVING_MS = 1000

const { SERVICE: name = 'storefront', NEXT: next, PORT: port = '8080', WAYLAY_ENV: environment } = process.env

const server = createService({
  name,
  answeredBy: environment ?? 'app',
  instance: hostname(),
  ...(next !== undefined && { next: { name: next, url: `http://${next}/` } })
})

// Longer than callers keep unused connections, so that it is never we who close one just as a request comes.
server.keepAliveTimeout = 75_000

let leaving = false
server.prependListener('request', (_req, res) => { if (leaving) res.shouldKeepAlive = false })
server.listen(Number(port), () => console.log(`${name} listens on ${port}`))

process.on('SIGTERM', () => {
  if (leaving) return
  leaving = true
  void delay(LEAVING_MS).then(() => {
    server.emit('leaving')
    server.close(() => process.exit(0))
  })
})
