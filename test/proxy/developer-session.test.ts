import { generateKeyPairSync } from 'node:crypto'
import { PassThrough } from 'node:stream'
import test from 'ava'
import { DeveloperSession } from '../../proxy/developer-session.ts'
import { Presence } from '../../proxy/presence.ts'
import { RouteTable } from '../../proxy/routes.ts'
import { signProof } from '../../intercepts/proof.ts'
import { signTicket, writePublicKey, type Ticket } from '../../intercepts/ticket.ts'
import type { FromProxy } from '../../tunnel/control-messages.ts'

const HELLO = { type: 'hello', protocol: 1, version: '0.1.0', features: [] } as const
const NOW_MS = 1_800_000_000_000
const installation = generateKeyPairSync('ed25519')

/** One pod's proxy, and the developers who come to it. */
function startPod () {
  const routes = new RouteTable(() => {})
  const join = (owner: string) => {
    const own = generateKeyPairSync('ed25519')
    const connect = () => {
      const said: FromProxy[] = []
      const vouched: boolean[] = []
      const session = new DeveloperSession({
        identity: {
          namespace: 'shop',
          pod: 'payments-1',
          workload: 'deployment/payments',
          ports: () => [{ port: 8080, redirected: true }]
        },
        ticketKey: installation.publicKey,
        routes,
        send: message => { said.push(message) },
        presence: new Presence(() => 0),
        vouch: isVouched => { vouched.push(isVouched) },
        streams: { mayOpen: () => true, open: () => new PassThrough() },
        countBypassing: async () => 0,
        now: () => NOW_MS,
        log: { error: () => {}, warn: () => {}, info: () => {}, debug: () => {} }
      })
      session.onMessage(HELLO)
      const nonce = said[0]?.type === 'welcome' ? said[0].nonce : ''
      const add = async (ticket: Partial<Ticket> = {}, { pod = 'payments-1', proofNonce = nonce } = {}) => {
        const whole: Ticket = {
          intercept: 'i-1',
          namespace: 'shop',
          workload: 'deployment/payments',
          port: 8080,
          match: { headers: [{ type: 'Exact', name: 'x-waylay-id', value: `${owner}-12345678` }] },
          owner,
          sessionKey: writePublicKey(own.publicKey),
          fence: 1000,
          notAfter: NOW_MS + 3_600_000,
          ...ticket
        }
        const proof = signProof(own.privateKey, 'shop', pod, proofNonce)
        const text = signTicket(whole, installation.privateKey)
        session.onMessage({ type: 'add', intercept: 'i-1', ticket: text, proof })
        await new Promise(resolve => setImmediate(resolve))
        return said.at(-1)
      }
      return { session, said, vouched, nonce, add }
    }
    return { connect, key: writePublicKey(own.publicKey) }
  }
  return { routes, join }
}

test('a ticket with its proof is added, and the session vouched for', async t => {
  const { routes, join } = startPod()
  const { add, vouched } = join('maria').connect()
  t.like(await add(), { type: 'added', intercept: 'i-1' })
  t.is(routes.forPort(8080).list.length, 1)
  t.deepEqual(vouched, [true])
})

const refuses = test.macro(async (t, ticket: Partial<Ticket>, why: RegExp, code = 'WAYLAY_TICKET_REFUSED') => {
  const { routes, join } = startPod()
  const answer = await join('maria').connect().add(ticket)
  t.like(answer, { type: 'refused', code })
  t.regex(answer?.type === 'refused' ? answer.message : '', why)
  t.is(routes.forPort(8080).list.length, 0)
})

test('a ticket of another namespace diverts nothing', refuses, { namespace: 'bank' }, /bank/)
test('a ticket of another workload diverts nothing', refuses, { workload: 'deployment/ledger' }, /ledger/)
test('a ticket of another intercept diverts nothing', refuses, { intercept: 'i-2' }, /i-2/)
test('a ticket of another developer\'s key diverts nothing', refuses,
  { sessionKey: writePublicKey(generateKeyPairSync('ed25519').publicKey) }, /prove/)
test('a ticket for a port the pod lacks diverts nothing', refuses, { port: 9 }, /no port 9/, 'WAYLAY_PORT_UNKNOWN')
test('a ticket that has ended diverts nothing', refuses, { notAfter: NOW_MS }, /ended/)
test('a fence of 2^53 diverts nothing', refuses, { fence: 2 ** 53 }, /fence/)
test('a fence that is no whole number diverts nothing', refuses, { fence: 1.5 }, /fence/)

test('a proof for another pod, or of another session, diverts nothing', async t => {
  const { routes, join } = startPod()
  const maria = join('maria')
  const first = maria.connect()
  t.like(await first.add({}, { pod: 'payments-2' }), { type: 'refused', code: 'WAYLAY_TICKET_REFUSED' })
  t.like(await maria.connect().add({}, { proofNonce: first.nonce }), { type: 'refused' })
  t.is(routes.forPort(8080).list.length, 0)
})

test('a second hello ends the session', t => {
  const { session } = startPod().join('maria').connect()
  t.throws(() => { session.onMessage(HELLO) }, { code: 'WAYLAY_TUNNEL_PROTOCOL' })
})

test('a renewed ticket prolongs the same route and tells so', async t => {
  const { routes, join } = startPod()
  const { add, said } = join('maria').connect()
  await add({ notAfter: NOW_MS + 40 })
  const [route] = routes.forPort(8080).list
  t.like(await add({ notAfter: NOW_MS + 3_600_000 }), { type: 'added' })
  await new Promise(resolve => setTimeout(resolve, 80))
  t.is(routes.forPort(8080).list[0], route)
  t.false(said.some(({ type }) => type === 'ended'))
})

test('a ticket that is not renewed takes its route away', async t => {
  const { routes, join } = startPod()
  const { add, said, vouched } = join('maria').connect()
  await add({ notAfter: NOW_MS + 20 })
  await new Promise(resolve => setTimeout(resolve, 60))
  t.like(said.at(-1), { type: 'ended', code: 'WAYLAY_TICKET_REFUSED' })
  t.is(routes.forPort(8080).list.length, 0)
  t.deepEqual(vouched, [true, false])
})

test('a higher fence replaces at once, and the loser hears by whom', async t => {
  const { routes, join } = startPod()
  const [maria, tom] = [join('maria').connect(), join('tom').connect()]
  await maria.add()
  t.like(await tom.add({ fence: 1001 }), { type: 'added' })
  t.like(maria.said.at(-1), { type: 'ended', code: 'WAYLAY_CONFLICT', message: 'tom took the intercept over' })
  t.deepEqual(routes.forPort(8080).list.map(({ fence }) => fence), [1001])
  maria.session.close()
  t.is(routes.forPort(8080).list.length, 1)
})

test('a lower or equal fence of another session is refused', async t => {
  const { join } = startPod()
  await join('maria').connect().add()
  for (const fence of [999, 1000]) t.like(await join('tom').connect().add({ fence }), { type: 'refused' })
})

test('a developer\'s next session takes its own route over without a word', async t => {
  const { routes, join } = startPod()
  const maria = join('maria')
  const [before, after] = [maria.connect(), maria.connect()]
  await before.add()
  t.like(await after.add(), { type: 'added' })
  t.false(before.said.some(({ type }) => type === 'ended'))
  before.session.close()
  t.is(routes.forPort(8080).list.length, 1)
})

test('a fence is forgotten when its route ends', async t => {
  const { join } = startPod()
  const tom = join('tom').connect()
  await tom.add({ fence: 5000 })
  tom.session.close()
  t.like(await join('maria').connect().add({ fence: 1 }), { type: 'added' })
})
