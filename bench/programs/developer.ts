/**
 * A developer with intercepts that nobody's request matches: opens a real session to the proxy in its namespace, adds
 * them, says `diverting`, then keeps the session alive. Reads its task, JSON, from standard input.
 */
import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { PORTS, ROUTING_HEADER, TUNNEL_PROTOCOL_VERSION } from '../../common/contract.ts'
import { VERSION } from '../../common/version.ts'
import type { Match } from '../../intercepts/match.ts'
import { interceptName } from '../../intercepts/name.ts'
import { signProof } from '../../intercepts/proof.ts'
import { signTicket, writePublicKey } from '../../intercepts/ticket.ts'
import { createCliControl } from '../../tunnel/control.ts'
import { openSession } from '../../tunnel/open-session.ts'
import { FOREIGN_VALUE } from '../sides/side.ts'

export type DeveloperTask = {
  readonly namespace: string
  readonly pod: string
  readonly workload: string
  readonly port: number
  readonly count: number
  /** PKCS #8, PEM: signs tickets, as the webhook of an installation would. */
  readonly ticketKeyPem: string
}

const TICKET_LIFE_MS = 3600_000

function divert (task: DeveloperTask): void {
  const own = generateKeyPairSync('ed25519')
  const session = openSession({
    role: 'cli',
    openCarrier: async () => connect({ host: '127.0.0.1', port: PORTS.tunnel, noDelay: true }),
    onStream: stream => stream.destroy(new Error('Nobody sends what these intercepts want')),
    onClose: error => { throw error ?? new Error('The proxy ended the session') }
  })
  let added = 0
  const control = createCliControl(session.openStream(), {
    onMessage: message => {
      if (message.type === 'welcome') {
        const proof = signProof(own.privateKey, task.namespace, task.pod, message.nonce)
        for (const ticket of tickets(task, writePublicKey(own.publicKey))) control.send({ type: 'add', ...ticket, proof })
      } else if (message.type === 'added') {
        if (++added === task.count) process.stdout.write('diverting\n')
      } else if (message.type !== 'event') {
        throw new Error(JSON.stringify(message))
      }
    },
    onError: error => { throw error }
  })
  control.send({ type: 'hello', protocol: TUNNEL_PROTOCOL_VERSION, version: VERSION, features: [] })
}

function tickets (task: DeveloperTask, sessionKey: string): readonly { intercept: string, ticket: string }[] {
  const { namespace, workload, port, count } = task
  const key = createPrivateKey(task.ticketKeyPem)
  const nowMs = Date.now()
  return Array.from({ length: count }, (_, index) => {
    const value = index === 0 ? FOREIGN_VALUE : `${FOREIGN_VALUE}-${index}`
    const match: Match = { headers: [{ type: 'Exact', name: ROUTING_HEADER, value }] }
    const intercept = interceptName(workload, port, match)
    const ticket = signTicket({
      intercept, namespace, workload, port, match, owner: 'bench', sessionKey, fence: nowMs, notAfter: nowMs + TICKET_LIFE_MS
    }, key)
    return { intercept, ticket }
  })
}

if (import.meta.main) divert(JSON.parse(await text(process.stdin)) as DeveloperTask)
