import { connect, type Socket } from 'node:net'
import { nodeTls } from '../node-modules.ts'
import { readCheckAnswer, type CheckAnswer } from './check-answer.ts'

/** More of an answer than this is nobody's who should be asked. */
const MAX_ANSWER_BYTES = 16 * 1024

export type SendOptions = {
  readonly host: string
  readonly port: number
  /** Whether callers speak TLS there. Nothing is asked of the certificate: it is the way that is checked. */
  readonly tls: boolean
  readonly request: Buffer
  readonly nonce: string
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

/** Sends one check and waits for whoever answers it. Never rejects. */
export async function sendCheck (options: SendOptions): Promise<CheckAnswer> {
  const { host, port, tls, request, nonce, timeoutMs, signal } = options
  const { promise, resolve } = Promise.withResolvers<CheckAnswer>()
  const raw = connect({ host, port, noDelay: true })
  const socket: Socket = tls
    ? nodeTls().connect({ socket: raw, rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] })
    : raw
  const giveUp = (reason: string): void => resolve({ reason })
  const timer = setTimeout(() => giveUp(`no answer within ${timeoutMs} ms`), timeoutMs)
  const onAbort = (): void => giveUp('the session ended')
  signal.addEventListener('abort', onAbort)
  for (const each of new Set([raw, socket])) each.on('error', error => giveUp(describeError(error)))
  readAnswer(socket, nonce, resolve)
  socket.write(request)
  const answer = await promise
  clearTimeout(timer)
  signal.removeEventListener('abort', onAbort)
  socket.destroy()
  raw.destroy()
  return answer
}

function readAnswer (socket: Socket, nonce: string, resolve: (answer: CheckAnswer) => void): void {
  const pieces: Buffer[] = []
  let length = 0
  const look = (isOver: boolean): void => {
    const answer = readCheckAnswer(Buffer.concat(pieces), nonce, isOver)
    if (answer !== undefined) resolve(answer)
  }
  socket.on('data', (piece: Buffer) => {
    pieces.push(piece)
    length += piece.length
    look(length > MAX_ANSWER_BYTES)
    if (length > MAX_ANSWER_BYTES) socket.pause()
  })
  socket.on('end', () => look(true))
  socket.on('close', () => look(true))
}

function describeError (error: NodeJS.ErrnoException): string {
  const text = REASONS[error.code ?? '']
  return text ?? `the connection failed (${error.code ?? error.message})`
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was reset',
  EHOSTUNREACH: 'there is no way to that address',
  ENETUNREACH: 'there is no way to that network',
  // Also an app that speaks only HTTP/2 over TLS.
  EPROTO: 'TLS with HTTP/1.1 could not be agreed on',
  ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL: 'TLS with HTTP/1.1 could not be agreed on'
}
