import { generateKeyPairSync } from 'node:crypto'
import test from 'ava'
import { WaylayError } from '../../../../common/errors.ts'
import { verifyProof } from '../../../../intercepts/proof.ts'
import { PodControl } from '../../../../cli/intercept/session/pod-control.ts'
import type { PodIntercept, PodState } from '../../../../cli/intercept/session/pod-intercept.ts'
import type { FromCli, Welcome } from '../../../../tunnel/control-messages.ts'
import { ManualClock, settle } from '../../helpers/manual-clock.ts'

const WELCOME: Welcome = {
  type: 'welcome',
  protocol: 1,
  version: '0.1.0',
  features: [],
  nonce: 'bm9uY2U=',
  namespace: 'shop',
  pod: 'a',
  workload: 'deployment/payments',
  ports: [{ port: 8080, redirected: true }]
}

/** One session's control stream, whose other end is the test. */
function start (welcome: Partial<Welcome> = {}) {
  const clock = new ManualClock()
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const seen = { sent: [] as FromCli[], states: [] as PodState[], notes: [] as string[], failures: [] as WaylayError[] }
  const ticket = { text: 't1', isOver: false }
  const intercept: PodIntercept = {
    name: 'i',
    port: 8080,
    hostHeader: undefined,
    ticket: async () => {
      if (ticket.isOver) throw new WaylayError('WAYLAY_CONFLICT', 'over')
      return ticket.text
    },
    developer: { address: '', isSilent: () => false, dial: async () => { throw new Error('not dialled') } },
    onState: () => {},
    onEvent: () => {},
    onNote: line => { seen.notes.push(line) }
  }
  const control = new PodControl({
    namespace: 'shop',
    pod: 'a',
    privateKey,
    clock,
    send: message => { seen.sent.push(message) },
    onFailure: error => { seen.failures.push(error) },
    onWelcome: () => { control.add(intercept) },
    onState: (_name, state) => { seen.states.push(state) },
    find: name => name === 'i' ? intercept : undefined
  })
  const begin = async (): Promise<void> => {
    control.receive({ ...WELCOME, ...welcome })
    await settle()
  }
  return { clock, control, intercept, ticket, seen, begin, publicKey }
}

test('the ticket goes out after the welcome with a proof for this pod', async t => {
  const { control, intercept, seen, begin, publicKey } = start()
  control.add(intercept)
  await settle()
  t.deepEqual(seen.sent, [], 'nothing before the nonce')

  await begin()

  const [add] = seen.sent
  t.like(add, { type: 'add', intercept: 'i', ticket: 't1' })
  t.true(add?.type === 'add' && verifyProof(publicKey, 'shop', 'a', WELCOME.nonce, add.proof))
})

test('an intercept that is over sends no ticket', async t => {
  const { ticket, seen, begin } = start()
  ticket.isOver = true

  await begin()

  t.deepEqual(seen.sent, [])
})

test('a renewed ticket changes nothing but how long it lasts', async t => {
  const { control, intercept, ticket, seen, begin } = start()
  await begin()
  control.receive({ type: 'added', intercept: 'i', bypassing: 2 })
  ticket.text = 't2'
  control.add(intercept)
  await settle()
  control.receive({ type: 'added', intercept: 'i', bypassing: 2 })

  t.deepEqual(seen.sent.map(message => message.type === 'add' ? message.ticket : ''), ['t1', 't2'])
  t.deepEqual(seen.states, [{ kind: 'diverting' }])
  t.is(seen.notes.length, 1)
})

test('a renewed ticket that is refused leaves the old one standing', async t => {
  const { control, intercept, seen, begin } = start()
  await begin()
  control.receive({ type: 'added', intercept: 'i', bypassing: 0 })
  control.add(intercept)
  await settle()

  control.receive({ type: 'refused', intercept: 'i', code: 'WAYLAY_TICKET_REFUSED', message: 'no' })

  t.deepEqual(seen.states, [{ kind: 'diverting' }])
})

test('a route that the pod took away is asked for again', async t => {
  const { clock, control, seen, begin } = start()
  await begin()
  control.receive({ type: 'added', intercept: 'i', bypassing: 0 })

  control.receive({ type: 'ended', intercept: 'i', code: 'WAYLAY_TICKET_REFUSED', message: 'The ticket ended' })
  t.like(seen.states.at(-1), { kind: 'broken' })
  await clock.pass(1000)
  control.receive({ type: 'added', intercept: 'i', bypassing: 0 })

  t.is(seen.sent.length, 2)
  t.deepEqual(seen.states.at(-1), { kind: 'diverting' })
})

test('an end waits for the pod\'s answer, but not for ever', async t => {
  const { clock, control, seen, begin } = start()
  await begin()
  let isRemoved = false
  void control.remove('i').then(() => { isRemoved = true })
  await clock.pass(1400)
  t.false(isRemoved)
  await clock.pass(200)

  t.true(isRemoved)
  t.like(seen.sent.at(-1), { type: 'remove', intercept: 'i' })
})

test('an end that comes before the pod has answered the ticket is sent too', async t => {
  const { control, seen, begin } = start()
  await begin()
  const removed = control.remove('i')
  control.receive({ type: 'added', intercept: 'i', bypassing: 0 })
  control.receive({ type: 'removed', intercept: 'i' })
  await removed

  t.deepEqual(seen.states, [], 'it is nobody\'s news any more')
})

test('a check gets its own answer, and none when the session ends', async t => {
  const { clock, control, begin } = start()
  await begin()
  const check = { intercept: 'i', tls: false }
  const [first, second] = [control.check({ ...check, nonce: 'i.1' }), control.check({ ...check, nonce: 'i.2' })]
  control.receive({ type: 'checked', intercept: 'i', nonce: 'i.2', pod: 'b', durationMs: 1 })
  t.is((await second).pod, 'b')

  control.close()

  await t.throwsAsync(first, { code: 'WAYLAY_TUNNEL_FAILED' })
  t.is(clock.pending, 0)
})

test('a pod of another protocol is named with both versions', async t => {
  const { seen, begin } = start({ protocol: 2, version: '9.0.0' })

  await begin()

  t.is(seen.failures[0]?.code, 'WAYLAY_TUNNEL_PROTOCOL')
  t.regex(seen.failures[0]?.message ?? '', /protocol 2 \(waylay 9\.0\.0\), this program 1/)
})

test('a pod without its redirect, or without its certificate, is warned of', async t => {
  const { control, seen, begin } = start({ ports: [{ port: 8080, redirected: false, tls: 'no-secret' }] })
  await begin()

  control.receive({ type: 'added', intercept: 'i', bypassing: 0 })

  t.regex(seen.notes.join('\n'), /could not set up its redirect/)
  t.regex(seen.notes.join('\n'), /has no certificate for port 8080/)
})
