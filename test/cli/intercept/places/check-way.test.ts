import test from 'ava'
import { checkWay, type WayQuestion } from '../../../../cli/intercept/places/check-way.ts'
import { WaylayError } from '../../../../common/errors.ts'
import type { Checked } from '../../../../tunnel/control-messages.ts'

type Pod = { readonly name: string }
type Asked = {
  readonly pod: string
  readonly nonce: string
  readonly via?: { readonly host: string, readonly port: number } | undefined
}
type Answer = Partial<Checked> | Error | ((asked: Asked) => Partial<Checked>)

const PODS = ['a', 'b', 'c'].map((name, index) => ({ pod: { name }, address: `10.0.0.${index + 1}` }))
const SERVICE = { host: 'payments.shop', cluster: { host: '10.96.0.9', port: 80 } }

/** Answers are given in order, the last one for ever. */
async function ask (
  answers: readonly Answer[], question: Partial<WayQuestion<Pod>> = {}
) {
  const asked: Asked[] = []
  const result = await checkWay<Pod>({
    intercept: 'i1',
    pods: PODS,
    appPort: 8080,
    pauseMs: 1,
    check: async ({ name }, nonce, via) => {
      const one = { pod: name, nonce, via }
      asked.push(one)
      const answer = answers[Math.min(asked.length, answers.length) - 1]
      if (answer instanceof Error) throw answer
      return { type: 'checked', intercept: 'i1', nonce, durationMs: 3, ...(typeof answer === 'function' ? answer(one) : answer) }
    },
    ...question
  })
  return { result, asked }
}

test('a Service\'s address that leads to a proxy proves the way with one request', async t => {
  const { result, asked } = await ask([{ pod: 'b' }], { service: SERVICE })

  t.deepEqual(result, {
    kind: 'proved',
    text: 'Checked: a marked request to payments.shop (10.96.0.9:80) was recognised by the proxy of pod b.',
    durationMs: 3
  })
  t.is(asked.length, 1)
  t.deepEqual(asked[0]?.via, SERVICE.cluster)
  t.regex(asked[0]?.nonce ?? '', /^i1\.[0-9a-f]{24}$/)
})

test('an address that needs a moment is asked again, by another pod', async t => {
  const { result, asked } = await ask([{ reason: 'something else answered with status 200' }, { pod: 'b' }], { service: SERVICE })
  t.is(result.kind, 'proved')
  t.deepEqual(asked.map(({ pod }) => pod), ['a', 'b'])
  t.not(asked[0]?.nonce, asked[1]?.nonce)
})

test('an app that answers instead breaks the way, and is named', async t => {
  const { result, asked } = await ask([{ reason: 'something else answered with status 404 (nginx)' }], { service: SERVICE })
  t.is(result.kind, 'broken')
  t.is(result.text, 'Warning: a marked request from pod a to payments.shop (10.96.0.9:80) did not reach waylay: ' +
    'something else answered with status 404 (nginx). Requests of yours may go to the app.')
  t.is(asked.length, 4)
})

test('an address where nobody answers points to policies', async t => {
  const { result } = await ask([{ reason: 'no answer within 3000 ms' }], { service: SERVICE, pods: PODS.slice(0, 1) })
  t.regex(result.text, /A NetworkPolicy may keep the pods from calling it\.$/)
})

test('without a Service\'s address each pod is asked for by another one', async t => {
  const toPod = (asked: Asked): Partial<Checked> => ({ pod: 'abc'[Number(asked.via?.host.slice(-1)) - 1] ?? '' })
  const { result, asked } = await ask([toPod], { service: { host: 'headless.shop' } })
  t.is(result.kind, 'proved')
  t.deepEqual(asked.map(({ pod, via }) => [pod, via?.host, via?.port]), [
    ['a', '10.0.0.2', 8080], ['b', '10.0.0.3', 8080], ['c', '10.0.0.1', 8080]
  ])
})

test('one pod that another pod does not reach breaks the way', async t => {
  const { result } = await ask([asked => asked.via?.host === '10.0.0.3' ? { reason: 'the connection was refused' } : { pod: 'abc'[Number(asked.via?.host.slice(-1)) - 1] ?? '' }])
  t.like(result, { kind: 'broken', text: 'Warning: a marked request from pod b to pod c did not reach waylay: the connection was refused. Requests of yours may go to the app.' })
})

test('what cannot be asked is said to be unchecked, once', async t => {
  const alone = await ask([{}], { pods: PODS.slice(0, 1) })
  const none = await ask([{}], { pods: [] })
  const gone = await ask([new WaylayError('WAYLAY_TUNNEL_FAILED', 'There is no session to pod a')], { service: SERVICE })
  const odd = await ask([{ reason: 'not checked: a check cannot carry the header "connection" that the match asks for' }], { service: SERVICE })

  t.deepEqual([alone, none, gone, odd].map(({ result, asked }) => [result.kind, asked.length]), [
    ['unchecked', 0], ['unchecked', 0], ['unchecked', 1], ['unchecked', 1]
  ])
  t.is(odd.result.text, 'Not checked: a marked request from pod a to payments.shop (10.96.0.9:80) was not sent ' +
    '(a check cannot carry the header "connection" that the match asks for).')
})
