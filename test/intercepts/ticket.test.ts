import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import test from 'ava'
import { decodeTicket, readPublicKey, signTicket, verifyTicket, writePublicKey, type Ticket } from '../../intercepts/ticket.ts'

const NOW_MS = Date.UTC(2026, 0, 1)
const ours = generateKeyPairSync('ed25519')
const foreign = generateKeyPairSync('ed25519')

const TICKET: Ticket = {
  intercept: 'abc',
  namespace: 'shop',
  workload: 'deployment/payments',
  port: 8080,
  match: { headers: [{ type: 'Exact', name: 'x-waylay-id', value: 'maria-3fk27d4a' }] },
  owner: 'maria',
  sessionKey: writePublicKey(foreign.publicKey),
  fence: NOW_MS,
  notAfter: NOW_MS + 1000
}

const refuses = (text: string, key: KeyObject, nowMs: number, message: RegExp) =>
  ({ run: () => verifyTicket(text, key, nowMs), expected: { code: 'WAYLAY_TICKET_REFUSED', message } as const })

/** Signs whatever it is given: what a faulty webhook might. */
const signAnything = (value: object): string => signTicket(value as Ticket, ours.privateKey)

test('a signed ticket reads back as it was', t => {
  t.deepEqual(verifyTicket(signTicket(TICKET, ours.privateKey), ours.publicKey, NOW_MS), TICKET)
})

test('a ticket holds the match in its canonical form', t => {
  const match = { headers: [{ type: 'Exact' as const, name: 'X-ID', value: 'v' }] }
  const ticket = verifyTicket(signTicket({ ...TICKET, match }, ours.privateKey), ours.publicKey, NOW_MS)

  t.is(ticket.match.headers[0]?.name, 'x-id')
})

test('a ticket of another installation is refused', t => {
  const { run, expected } = refuses(signTicket(TICKET, foreign.privateKey), ours.publicKey, NOW_MS, /signature/)

  t.throws(run, expected)
})

test('a ticket counts until its last millisecond and not in it', t => {
  const text = signTicket(TICKET, ours.privateKey)

  t.notThrows(() => verifyTicket(text, ours.publicKey, TICKET.notAfter - 1))
  const { run, expected } = refuses(text, ours.publicKey, TICKET.notAfter, /it ended at 2026-01-01T00:00:01.000Z/)
  t.throws(run, expected)
})

test('changing any one character makes a ticket refused', t => {
  const text = signTicket(TICKET, ours.privateKey)
  for (let at = 0; at < text.length; at += 1) {
    // The last character of base64url holds spare bits, and the signature is checked as bytes, so it may survive.
    if (at === text.length - 1) continue
    const changed = text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1)
    if (changed === text) continue
    t.throws(() => verifyTicket(changed, ours.publicKey, NOW_MS), { code: 'WAYLAY_TICKET_REFUSED' }, `at ${at}`)
  }
})

test('another payload under a good signature is refused', t => {
  const [, signature] = signTicket(TICKET, ours.privateKey).split('.')
  const payload = Buffer.from(JSON.stringify({ ...TICKET, port: 9090 })).toString('base64url')

  const { run, expected } = refuses(`${payload}.${signature}`, ours.publicKey, NOW_MS, /signature/)

  t.throws(run, expected)
})

for (const text of ['', '.', 'abc', 'a.b.c', 'a.b', '..']) {
  test(`"${text}" is refused as a ticket`, t => {
    t.throws(() => verifyTicket(text, ours.publicKey, NOW_MS), { code: 'WAYLAY_TICKET_REFUSED' })
  })
}

for (const field of ['intercept', 'namespace', 'workload', 'port', 'owner', 'sessionKey', 'fence', 'notAfter']) {
  test(`a signed ticket without ${field} is refused by that name`, t => {
    const { run, expected } = refuses(signAnything({ ...TICKET, [field]: undefined }), ours.publicKey, NOW_MS, new RegExp(`its ${field} is missing`))

    t.throws(run, expected)
  })
}

test('a public key reads back as it was written', t => {
  t.true(readPublicKey(writePublicKey(ours.publicKey)).equals(ours.publicKey))
})

test('a public key of another kind is refused', t => {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })

  t.throws(() => readPublicKey(writePublicKey(publicKey)), { message: /the key is ec, not ed25519/ })
})

test('its owner reads a ticket without a key, and whatever else is refused', t => {
  const ticket = { ...TICKET, version: '0.1.0' }

  t.deepEqual(decodeTicket(signTicket(ticket, ours.privateKey)), ticket)
  for (const text of ['', 'x', 'bm90IEpTT04.x']) t.throws(() => decodeTicket(text), { code: 'WAYLAY_TICKET_REFUSED' })
})
