import type { IncomingMessage } from 'node:http'
import { pipeline, type Duplex } from 'node:stream'
import type { Field } from '../browse/fields.ts'
import { callerFields } from './caller-fields.ts'
import { openRequest, type Outgoing } from './forward.ts'
import type { Page } from './pages.ts'
import { readFields } from './request.ts'

/** For what was written last to arrive. Nobody waits for longer for a visitor to close. */
const LINGER_MS = 3000

/** Whether a request asks for a WebSocket: the one upgrade that is handed on. */
export function isWebSocket ({ method, headers }: IncomingMessage): boolean {
  return method === 'GET' && headers.upgrade?.trim().toLowerCase() === 'websocket'
}

/**
 * Hands a WebSocket to the app, and all that follows in both directions. The answer of an app that refuses is handed
 * back.
 *
 * @param head what the visitor sent behind the request's head.
 * @returns when it is over; `unreachable` when nothing was written to the visitor.
 */
export async function forwardUpgrade (
  req: IncomingMessage, socket: Duplex, head: Buffer, outgoing: Outgoing
): Promise<'answered' | 'unreachable'> {
  if (socket.destroyed) return 'answered'
  const { promise, resolve } = Promise.withResolvers<'answered' | 'unreachable'>()
  const fields: Field[] = [...outgoing.fields, ['connection', 'Upgrade', 'Connection'], ['upgrade', 'websocket', 'Upgrade']]
  const toApp = openRequest('GET', req.url ?? '/', { ...outgoing, fields })
  let isAnswered = false
  toApp.on('error', () => {
    // A second status line would be read as bytes of the answer.
    if (isAnswered) socket.destroy()
    else resolve('unreachable')
  })
  toApp.on('upgrade', (answer, app, appHead) => {
    isAnswered = true
    const own: Field[] = [['connection', 'Upgrade', 'Connection'], ['upgrade', 'websocket', 'Upgrade']]
    socket.write(writeHead(101, 'Switching Protocols', [...own, ...callerFields(readFields(answer), outgoing.mapping)]))
    socket.write(appHead)
    app.write(head)
    join(socket, app)
  })
  toApp.on('response', answer => {
    isAnswered = true
    const own: Field[] = [['connection', 'close', 'Connection']]
    const { statusCode = 502, statusMessage = '' } = answer
    socket.write(writeHead(statusCode, statusMessage, [...own, ...callerFields(readFields(answer), outgoing.mapping)]))
    pipeline(answer, socket, () => {
      linger(socket)
      resolve('answered')
    })
  })
  socket.once('close', () => {
    toApp.destroy()
    resolve('answered')
  })
  toApp.end()
  return await promise
}

/**
 * Hands on what comes, both ways, until either end closes. Not by `pipeline`: on a server's TLS socket two of them are
 * more listeners than Node takes without a warning.
 */
function join (socket: Duplex, app: Duplex): void {
  socket.once('close', () => { app.destroy() })
  // A connection that breaks is closed then, too.
  app.on('error', () => {}).once('close', () => {
    if (app.readableEnded) socket.end(() => { socket.destroy() })
    else socket.destroy()
  })
  socket.pipe(app)
  app.pipe(socket)
}

/** Answers a connection that asked for an upgrade, and ends it. */
export function endWith (socket: Duplex, { status, headers, body }: Page): void {
  const fields = Object.entries({ ...headers, connection: 'close' })
  socket.end(Buffer.concat([writeHead(status, '', fields), body]))
  linger(socket)
}

/**
 * Closes a socket that was ended, when its visitor does, or soon. Node leaves it half open, unread, to whoever took it
 * for an upgrade. Destroyed at once with bytes unread, it would take the answer back.
 */
function linger (socket: Duplex): void {
  if (socket.destroyed) return
  const timer = setTimeout(() => { socket.destroy() }, LINGER_MS)
  socket.once('close', () => clearTimeout(timer)).resume()
}

function writeHead (status: number, reason: string, fields: readonly Field[]): Buffer {
  const lines = fields.map(([name, value, sentName = name]) => `${sentName}: ${value}\r\n`)
  return Buffer.from(`HTTP/1.1 ${status} ${reason}\r\n${lines.join('')}\r\n`, 'latin1')
}
