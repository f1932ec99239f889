import { gzipSync } from 'node:zlib'
import test, { type ExecutionContext } from 'ava'
import { createPodHandler } from '../../webhook/handle-pod.ts'
import { aContainer, aPod } from './pods.ts'
import { ask, startServer } from './asked-server.ts'
import { somePodDeps } from './pod-deps.ts'
import { quietLog } from './quiet-log.ts'

/** The real server with the real answer about pods: what comes is what anybody in the cluster's network may send. */
async function start (t: ExecutionContext) {
  const { log } = quietLog()
  const handlePod = createPodHandler({ ...somePodDeps(), log })
  const { port, keys } = await startServer(t, { handlePod })
  return {
    send: async (body: string | Buffer, headers?: Headers) =>
      await ask(port, keys, '/pods', body, headers),
    /** Whether the process still does its work. */
    isWell: async () => (await ask(port, keys, '/pods', reviewOf(aPod()))).body.includes('JSONPatch')
  }
}

function reviewOf (object: unknown): string {
  return JSON.stringify({
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: { uid: UID, operation: 'CREATE', namespace: 'shop', userInfo: { username: 'maria' }, object }
  })
}

const UID = '5f2c1f6e-0000-4000-8000-000000000001'
const PLAIN = { 'content-type': 'text/plain' }
const GZIP = { 'content-type': 'application/json', 'content-encoding': 'gzip' }
const CHARSET = { 'content-type': 'application/json; charset=klingon' }
const TEN_MB = 10 * 1024 * 1024

type Headers = Readonly<Record<string, string>>

const refused: Record<string, readonly [body: string | Buffer, reason: RegExp, headers?: Headers]> = {
  'half a document': ['{"kind": "AdmissionRev', /entity.parse.failed/],
  'bytes that are no text': [Buffer.from([0xff, 0xfe, 0, 1, 2]), /entity.parse.failed/],
  'no body at all': ['', /no AdmissionReview of/],
  'a number': ['42', /entity.parse.failed/],
  'a list': ['[]', /AdmissionReview is not an object/],
  'a pod': [JSON.stringify(aPod()), /no AdmissionReview of admission.k8s.io\/v1/],
  'a review of another version': [reviewOf(aPod()).replace('k8s.io/v1', 'k8s.io/v1beta1'), /no AdmissionReview of/],
  'a review whose request is text': ['{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":"x"}', /request is not/],
  'a review without a uid': [reviewOf(aPod()).replace(`"uid":"${UID}",`, ''), /request.uid is missing/],
  'a review whose uid is part of a selector': [reviewOf(aPod()).replace(UID, 'a,b)'), /request.uid is no UUID/],
  'a body of 10 MB': [JSON.stringify({ text: 'x'.repeat(TEN_MB) }), /entity.too.large/],
  'a review of 10 MB': [reviewOf(aPod({ metadata: { annotations: { big: 'x'.repeat(TEN_MB) } } })), /entity.too.large/],
  'a review as plain text': [reviewOf(aPod()), /not application\/json/, PLAIN],
  'a review without a content type': [reviewOf(aPod()), /not application\/json/, {}],
  'a review in an unknown charset': [reviewOf(aPod()), /charset.unsupported/, CHARSET],
  'a small body that unpacks to 10 MB': [gzipSync(reviewOf('x'.repeat(TEN_MB))), /encoding.unsupported/, GZIP]
}
for (const [name, [body, reason, headers]] of Object.entries(refused)) {
  test(`${name} is answered 400 with the reason, and the next review is answered`, async t => {
    const { send, isWell } = await start(t)

    const answer = await send(body, headers)

    t.is(answer.status, 400)
    t.regex(answer.body, reason)
    t.true(answer.body.length < 200, 'nothing of the body comes back')
    t.true(await isWell())
  })
}

const deep = '['.repeat(100_000) + ']'.repeat(100_000)
const NEWLINE_AND_SHELL = '8080\n$(touch /tmp/owned);`touch /tmp/owned` && reboot | tee "$HOME"'
const ports = Array.from({ length: 500 }, (_, index) => ({ containerPort: 20_000 + index }))

const skipped: Record<string, readonly [object: unknown, warning: RegExp]> = {
  'no object': [null, /the webhook failed/],
  'an object that is a list': [[], /the webhook failed/],
  'a pod without containers': [{ spec: { containers: [] } }, /the webhook failed/],
  'containers that are numbers': [{ spec: { containers: [1, 2] } }, /not injected/],
  'labels that are a list': [aPod({ metadata: { labels: [['a']], annotations: { 'waylay.dev/ports': 8080 } } }), /not injected/],
  '500 ports': [aPod({ containers: [aContainer({ ports })] }), /it has 500 ports/],
  'an annotation with a newline and shell metacharacters': [
    aPod({ metadata: { annotations: { 'waylay.dev/ports': NEWLINE_AND_SHELL } } }), /no value of waylay.dev\/ports/
  ],
  'a key with shell metacharacters': [
    aPod({ metadata: { annotations: { 'waylay.dev/$(reboot)\n': 'x' } } }), /the annotation .* is unknown/
  ]
}
for (const [name, [object, warning]] of Object.entries(skipped)) {
  test(`a review of ${name} is allowed unchanged, and the next one is answered`, async t => {
    const { send, isWell } = await start(t)

    const { status, body } = await send(reviewOf(object))

    const { response } = JSON.parse(body) as { response: { allowed: boolean, patch?: string, warnings: string[] } }
    t.is(status, 200)
    t.true(response.allowed)
    t.is(response.patch, undefined)
    t.regex(response.warnings[0] ?? '', warning)
    t.notRegex(response.warnings[0] ?? '', /\p{Cc}/u)
    t.true(await isWell())
  })
}

test('a pod with lists 100,000 deep is allowed, and the next one is answered', async t => {
  const { send, isWell } = await start(t)

  const { status, body } = await send(reviewOf(aPod({ spec: { deep: 'DEEP' } })).replace('"DEEP"', deep))

  t.is(status, 200)
  t.regex(body, /"allowed":true/)
  t.true(await isWell())
})

test('a label that means something to JavaScript changes nothing but its own pod', async t => {
  const { send, isWell } = await start(t)
  const object = reviewOf(aPod({ metadata: { labels: { constructor: 'x', toString: 'y' } } }))

  t.regex((await send(object)).body, /JSONPatch/)
  t.regex((await send(object.replace('"constructor"', '"__proto__":{"polluted":"yes"},"constructor"'))).body, /"allowed":true/)
  t.is(({} as { polluted?: string }).polluted, undefined)
  t.true(await isWell())
})
