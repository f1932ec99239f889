import type { Origin } from './exchange.ts'
import type { ExchangeLog } from './exchange-log.ts'
import { watchStream } from './inspected-developer.ts'
import { badWish, type ReplayRequest } from './replay-request.ts'

/** Sends it on a connection of its own, and watches that as it watches those of callers. Returns the exchange's id. */
export function replayHttp1 (log: ExchangeLog, origin: Origin, request: ReplayRequest): number {
  const watch = watchStream(log, origin)
  const bytes = write(request)
  const before = log.lastId
  watch.toProgram(bytes)
  const id = log.lastId
  if (id === before) throw badWish('it is no request that every server reads alike')
  void origin.developer.dial().then(socket => {
    // A program that never answers must not keep the command from ending.
    socket.unref()
    watch.connected()
    socket.on('data', (answer: Buffer) => { watch.fromProgram(answer) })
    socket.on('end', () => {
      watch.programEnded()
      socket.end()
    })
    socket.on('error', () => {})
    socket.on('close', () => { watch.closed('program') })
    socket.write(bytes)
  }, (error: unknown) => { watch.closed('refused', error instanceof Error ? error.message : String(error)) })
  return id
}

function write ({ method, target, headers, body }: ReplayRequest): Buffer {
  const hasLength = body.length > 0 || !['GET', 'HEAD', 'DELETE', 'OPTIONS'].includes(method)
  const lines = [
    `${method} ${target} HTTP/1.1`,
    ...headers.map(([name, value]) => `${name}: ${value}`),
    ...headers.some(([name]) => name.toLowerCase() === 'host') ? [] : ['Host: localhost'],
    ...hasLength ? [`Content-Length: ${body.length}`] : [],
    // Nobody else uses the connection, and its end tells the end of a body that says no length.
    'Connection: close'
  ]
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), body])
}
