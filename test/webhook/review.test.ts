import test from 'ava'
import { readReview, writeReview } from '../../webhook/review.ts'

const UID = '5f2c1f6e-0000-4000-8000-000000000001'
const REVIEW = { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview' }
const REQUEST = { uid: UID, operation: 'CREATE', namespace: 'shop', userInfo: { username: 'maria', groups: ['dev'] } }

test('a review without a name reads as one with an empty name', t => {
  t.like(readReview({ ...REVIEW, request: REQUEST }), { uid: UID, name: '', namespace: 'shop', userInfo: { groups: ['dev'] } })
})

const broken: Record<string, readonly [body: unknown, message: RegExp]> = {
  nothing: [undefined, /AdmissionReview is not an object/],
  'a list': [[], /AdmissionReview is not an object/],
  'no kind': [{ apiVersion: 'admission.k8s.io/v1', request: REQUEST }, /no AdmissionReview of admission.k8s.io\/v1/],
  'a version of its own': [{ ...REVIEW, apiVersion: 'admission.k8s.io/v2', request: REQUEST }, /no AdmissionReview of/],
  'no request': [REVIEW, /request is not an object/],
  'no uid': [{ ...REVIEW, request: { ...REQUEST, uid: '' } }, /request.uid is missing/],
  'a uid that is none': [{ ...REVIEW, request: { ...REQUEST, uid: `${UID},x` } }, /request.uid is no UUID/],
  'no operation': [{ ...REVIEW, request: { ...REQUEST, operation: 5 } }, /request.operation is missing/]
}
for (const [name, [body, message]] of Object.entries(broken)) {
  test(`a review with ${name} is refused and says what is wrong`, t => {
    t.throws(() => readReview(body), { instanceOf: TypeError, message })
  })
}

const reasons = { 403: 'Forbidden', 422: 'Invalid', 500: 'InternalError' }
for (const [status, reason] of Object.entries(reasons)) {
  test(`a refusal with status ${status} has the reason ${reason}`, t => {
    t.deepEqual(writeReview('u1', { kind: 'refuse', status: Number(status), message: 'no' }), {
      apiVersion: 'admission.k8s.io/v1',
      kind: 'AdmissionReview',
      response: { uid: 'u1', allowed: false, status: { code: Number(status), reason, message: 'no' } }
    })
  })
}

test('a long warning is cut to what the API server takes', t => {
  const { response } = writeReview('u1', { kind: 'allow', warnings: ['x'.repeat(1000)] }) as { response: { warnings: string[] } }

  t.is(response.warnings[0]?.length, 250)
})

test('a warning of several lines becomes one of one line', t => {
  const { response } = writeReview('u1', { kind: 'allow', warnings: ['a\r\nb\u0000c'] }) as { response: { warnings: string[] } }

  t.deepEqual(response.warnings, ['a b c'])
})

test('an answer without a patch has no patch type', t => {
  t.deepEqual(writeReview('u1', { kind: 'allow', patch: [] }), {
    apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response: { uid: 'u1', allowed: true }
  })
})
