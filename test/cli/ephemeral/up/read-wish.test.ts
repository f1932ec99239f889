import test from 'ava'
import { WaylayError } from '../../../../common/errors.ts'
import { readImage, readVariable, readWish } from '../../../../cli/ephemeral/up/read-wish.ts'

const HOUR_MS = 3_600_000
const FLAGS = { workload: ['payments'], ttl: HOUR_MS, header: 'X-Waylay-Id' }

test('only what stands before the first "=" is the key of an image', t => {
  t.deepEqual(readImage('payments=registry:5000/a/b:c@sha256:0f'), { container: 'payments', image: 'registry:5000/a/b:c@sha256:0f' })
  t.deepEqual(readImage('registry.example.org:5000/payments:pr-123'), { image: 'registry.example.org:5000/payments:pr-123' })
  t.deepEqual(readImage('payments/worker=x'), { workload: 'payments', container: 'worker', image: 'x' })
  t.deepEqual(readImage('deployment/payments/worker=x'), { workload: 'deployment/payments', container: 'worker', image: 'x' })
  for (const text of ['', 'payments=', '=x', '/worker=x', 'payments/=x', 'payments=a b']) {
    t.throws(() => readImage(text), { instanceOf: WaylayError, code: 'WAYLAY_USAGE' }, text)
  }
})

test('the value of a variable may hold anything', t => {
  t.deepEqual(readVariable('A=b=c/d'), { name: 'A', value: 'b=c/d' })
  t.deepEqual(readVariable('A='), { name: 'A', value: '' })
  t.deepEqual(readVariable('payments/A=b'), { workload: 'payments', name: 'A', value: 'b' })
  t.deepEqual(readVariable('deployment/payments/A=b'), { workload: 'deployment/payments', name: 'A', value: 'b' })
  for (const text of ['A', '=b', '/A=b', 'payments/=b', '1A=b', 'A B=c', 'WAYLAY_ENV=x']) {
    t.throws(() => readVariable(text), { instanceOf: WaylayError, code: 'WAYLAY_USAGE' }, text)
  }
})

test('a wish is read with its defaults', t => {
  t.deepEqual(readWish('pr-1', { ...FLAGS, port: ['8080', 'http'] }), {
    name: 'pr-1',
    workloads: [{ name: 'payments' }],
    images: [],
    variables: [],
    ports: [8080, 'http'],
    ttlMs: HOUR_MS,
    header: 'x-waylay-id',
    keptLabels: [],
    allow: { sharedConsumers: false, unclonedPolicies: false }
  })
})

test('labels are named by their keys, with or without a prefix', t => {
  const keepLabel = ['team', 'example.org/Cost_center.1']
  t.deepEqual(readWish('pr-1', { ...FLAGS, keepLabel }).keptLabels, keepLabel)
})

test('what cannot be meant is refused with the flag\'s name', t => {
  const wrong = [
    [{ workload: [] }, /needs a workload/],
    [{ port: ['0'] }, /--port 0/],
    [{ port: ['HTTP'] }, /--port HTTP/],
    [{ header: 'Host' }, /--header host/],
    [{ header: 'a b' }, /not a header name/],
    [{ readyPath: 'healthz' }, /--ready-path healthz/],
    [{ keepLabel: ['team=a'] }, /--keep-label team=a: that is not the key/],
    [{ keepLabel: ['waylay.dev/copy'] }, /--keep-label waylay\.dev\/copy: waylay's labels/]
  ] as const
  for (const [flags, message] of wrong) t.throws(() => readWish('pr-1', { ...FLAGS, ...flags }), { message })
  t.throws(() => readWish('PR 1', FLAGS), { code: 'WAYLAY_USAGE' })
})
