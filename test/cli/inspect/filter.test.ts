import test from 'ava'
import { parseFilter } from '../../../cli/inspect/page/filter.ts'
import type { Summary } from '../../../cli/inspect/view-types.ts'

const EXCHANGE: Summary = {
  id: 1,
  kind: 'http',
  state: 'done',
  intercept: 'abc',
  pod: 'payments-1',
  caller: '10.0.0.7',
  method: 'POST',
  target: '/API/charge?x=1',
  status: 503,
  startedAt: 0,
  marks: {},
  requestBytes: 0,
  responseBytes: 0,
  contentType: 'application/json'
}

const fits = (text: string, exchange: Partial<Summary> = {}): boolean => parseFilter(text)({ ...EXCHANGE, ...exchange })

test('every word of the filter has to fit', t => {
  for (const text of ['', 'charge', 'post charge', 'status:5xx', 'status:503', 'METHOD:post path:/api', 'caller:10.0', 'pod:payments', 'type:json']) {
    t.true(fits(text), text)
  }
  for (const text of ['refund', 'post refund', 'status:4xx', 'status:504', 'status:5034', 'status:xx', 'method:put', 'method:posts', 'path:charges', 'pod:orders', 'type:html', 'is:replay']) {
    t.false(fits(text), text)
  }
})

test('a gRPC call is found by what became of it, and one that failed is a failed one', t => {
  const call = { kind: 'grpc', status: 200, grpcStatus: 5 } as const
  for (const text of ['grpc:5', 'grpc:not_found', 'grpc:not', 'is:grpc', 'is:failed']) t.true(fits(text, call), text)
  for (const text of ['grpc:0', 'grpc:ok', 'grpc:found', '-is:failed']) t.false(fits(text, call), text)
  t.false(fits('is:failed', { ...call, grpcStatus: 0 }))
  t.false(fits('grpc:5'), 'no call of gRPC')
})

test('a minus turns a word round', t => {
  t.false(fits('-status:5xx'))
  t.true(fits('-status:4xx -refund'))
})

test('a word that has no value yet hides nothing, whichever way it is meant', t => {
  for (const text of ['status:', '-', 'method:', '-method:', '--is:', '   ']) t.true(fits(text), text)
})

test('on the way to a value nothing is hidden that fits in the end, and before its colon a name is a word', t => {
  const typed = (word: string): readonly string[] => [...word].map((_char, at) => word.slice(0, at + 1)).filter(text => text.includes(':'))
  for (const [word, found] of [
    ['method:delete', { method: 'DELETE' }], ['status:503', {}], ['status:5xx', {}], ['status:none', { status: undefined }],
    ['is:replay', { replayOf: 3 }], ['is:failed', { state: 'broken' }], ['is:websocket', { kind: 'websocket' }]
  ] as const) {
    for (const text of typed(word)) t.true(fits(text, found), text)
  }
  t.false(fits('method:d'))
  t.false(fits('is:f'))
  t.false(fits('method'))
  t.true(fits('method', { target: '/payment-methods' }))
})

test('kinds and states are found by is', t => {
  t.true(fits('is:replay', { replayOf: 3 }))
  t.true(fits('is:open', { state: 'open' }))
  t.true(fits('is:failed status:none', { state: 'broken', status: undefined }))
  t.true(fits('is:grpc', { kind: 'grpc' }))
  t.false(fits('status:none', { state: 'open', status: undefined }))
})
