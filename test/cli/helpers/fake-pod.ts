import { randomBytes, type KeyObject } from 'node:crypto'
import { Duplex } from 'node:stream'
import type WebSocket from 'ws'
import { verifyProof } from '../../../intercepts/proof.ts'
import { readPublicKey, verifyTicket } from '../../../intercepts/ticket.ts'
import { createProxyControl, type Control } from '../../../tunnel/control.ts'
import type { Add, FromCli, FromProxy, Welcome } from '../../../tunnel/control-messages.ts'
import { SessionRegistry } from '../../../tunnel/session-registry.ts'
import type { Session, SessionOwner } from '../../../tunnel/session.ts'

/** The proxy's end of the tunnel in one pod: real session, real control stream, real check of ticket and proof. */
export class FakePod {
  readonly name: string
  readonly uid: string
  /** Of the newest `add`. */
  hostHeader: string | undefined
  /** Newest last. */
  readonly sessions: Session[] = []
  /** Refuses the next ticket, as a pod of another installation would. */
  refuse = false
  /** Its answer on the port of metrics. */
  metrics = 'HTTP/1.1 200 OK\r\n\r\nwaylay_redirect_armed{port="8080",family="ipv4"} 1\n'
  readonly #ticketKey: KeyObject
  readonly #registry = new SessionRegistry({ onSession: session => this.#own(session) })
  #control: Control<FromProxy> | undefined

  /** Which session holds which intercept: the newest `add` wins. */
  readonly #held = new Map<string, Session>()

  constructor (name: string, ticketKey: KeyObject, uid = name) {
    this.name = name
    this.uid = uid
    this.#ticketKey = ticketKey
  }

  get intercepts (): ReadonlySet<string> {
    return new Set(this.#held.keys())
  }

  serve (carrier: Duplex): void {
    this.#registry.accept(carrier)
  }

  /** Tells the CLI of one diverted request. */
  report (method: string, path: string, status: number): void {
    const [intercept = ''] = this.intercepts
    this.#control?.send({ type: 'event', event: 'request', intercept, method, path, status, durationMs: 1 })
  }

  #own (session: Session): SessionOwner {
    const nonce = randomBytes(16).toString('base64')
    this.sessions.push(session)
    return {
      onClose: () => { for (const intercept of this.intercepts) this.#drop(intercept, session) },
      onStream: stream => {
        const control = createProxyControl(stream, {
          onError: () => { session.destroy() },
          onMessage: message => { control.send(this.#answer(message, nonce, session)) }
        })
        this.#control = control
      }
    }
  }

  #answer (message: FromCli, nonce: string, session: Session): FromProxy {
    if (message.type === 'hello') return welcome(this.name, nonce)
    if (message.type === 'check') {
      return { type: 'checked', intercept: message.intercept, nonce: message.nonce, pod: this.name, durationMs: 1 }
    }
    if (message.type === 'add') return this.#add(message, nonce, session)
    this.#drop(message.intercept, session)
    return { type: 'removed', intercept: message.intercept }
  }

  #drop (intercept: string, session: Session): void {
    if (this.#held.get(intercept) === session) this.#held.delete(intercept)
  }

  #add ({ intercept, ticket, proof, hostHeader }: Add, nonce: string, session: Session): FromProxy {
    const { sessionKey } = verifyTicket(ticket, this.#ticketKey, Date.now())
    const isProved = verifyProof(readPublicKey(sessionKey), 'shop', this.name, nonce, proof)
    if (!isProved || this.refuse) {
      return { type: 'refused', intercept, code: 'WAYLAY_TICKET_REFUSED', message: 'not today' }
    }
    this.#held.set(intercept, session)
    this.hostHeader = hostHeader
    return { type: 'added', intercept, bypassing: 0 }
  }
}

function welcome (pod: string, nonce: string): Welcome {
  return {
    type: 'welcome',
    protocol: 1,
    version: '0.1.0',
    features: [],
    nonce,
    namespace: 'shop',
    pod,
    workload: 'deployment/payments',
    ports: [{ port: 8080, redirected: true }]
  }
}

/** The API server's side of a port-forward: channel 0 of the WebSocket as a byte stream. */
export function toCarrier (socket: WebSocket, port: number): Duplex {
  const start = Buffer.alloc(3)
  start.writeUInt16LE(port, 1)
  socket.send(start)
  socket.send(Buffer.from([1, start[1] ?? 0, start[2] ?? 0]))
  const carrier = new Duplex({
    read () {},
    write (chunk: Buffer, _encoding, done) { socket.send(Buffer.concat([Buffer.from([0]), chunk]), done) },
    final (done) {
      socket.close(1000)
      done()
    },
    destroy (error, done) {
      socket.terminate()
      done(error)
    }
  })
  socket.on('message', data => { carrier.push((data as Buffer).subarray(1)) })
  socket.on('close', () => { carrier.push(null) })
  socket.on('error', () => {})
  return carrier
}
