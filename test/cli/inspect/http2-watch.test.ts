import { gzipSync } from 'node:zlib'
import test from 'ava'
import { detailOf } from '../../../cli/inspect/views.ts'
import { Http2Watch } from '../../../cli/inspect/watch/http2-watch.ts'
import { HeaderList } from '../../../http2/header-list.ts'
import { encodeHeaders } from '../../../http2/hpack-encoder.ts'
import { PREFACE } from '../../../http2/preface.ts'
import { dataFrame, headersFrames, rstStream } from '../../../http2/write-frames.ts'
import { aLog, ORIGIN, recordOf } from './records.ts'

const CANCEL = 8

function headers (fields: Readonly<Record<string, string>>, ends: boolean): Buffer {
  const list = new HeaderList()
  for (const [name, value] of Object.entries(fields)) list.add(name, value, false)
  const block = encodeHeaders(list, undefined)
  return headersFrames(1, block, 0, block.length, ends)
}

function startCase () {
  const log = aLog()
  const watching = new Http2Watch(log, { ...ORIGIN, protocol: 'h2c' })
  watching.toProgram(Buffer.from(PREFACE))
  watching.connected()
  return { log, watching }
}

for (const [how, leave] of [
  ['resets it', (watching: Http2Watch) => { watching.toProgram(rstStream(1, CANCEL)) }],
  ['closes the connection', (watching: Http2Watch) => { watching.closed('caller') }]
] as const) {
  test(`a stream of events is over when its caller ${how}, and a program that resets one has failed`, t => {
    for (const byProgram of [false, true]) {
      const { log, watching } = startCase()
      watching.toProgram(headers({ ':method': 'GET', ':path': '/events' }, true))
      watching.fromProgram(headers({ ':status': '200', 'content-type': 'text/event-stream' }, false))
      watching.fromProgram(dataFrame(1, Buffer.from('data: 1\n\n'), 0, 9, false))
      if (byProgram) watching.fromProgram(rstStream(1, CANCEL))
      else leave(watching)
      t.like(recordOf(log.exchanges[0]!), { kind: 'events', state: byProgram ? 'broken' : 'done', received: 'data: 1\n\n' })
    }
  })
}

test('the messages of a gRPC call are kept, those that are compressed as they unfold', t => {
  const { log, watching } = startCase()
  const message = (bytes: Buffer, isPacked: boolean): Buffer => {
    const prefix = Buffer.alloc(5)
    prefix[0] = isPacked ? 1 : 0
    prefix.writeUInt32BE(bytes.length, 1)
    return Buffer.concat([prefix, bytes])
  }
  const sent = message(Buffer.from('\n\x03abc'), false)
  const received = Buffer.concat([message(gzipSync('x'.repeat(100)), true), message(Buffer.alloc(0), false), message(Buffer.alloc(9), true)])
  watching.toProgram(headers({ ':method': 'POST', ':path': '/shop.Cart/Add', 'content-type': 'application/grpc' }, false))
  watching.toProgram(dataFrame(1, sent, 0, sent.length, true))
  watching.fromProgram(headers({ ':status': '200', 'content-type': 'application/grpc', 'grpc-encoding': 'gzip' }, false))
  watching.fromProgram(dataFrame(1, received, 0, received.length, false))
  watching.fromProgram(headers({ 'grpc-status': '5', 'grpc-message': 'no such cart: caf%C3%A9' }, true))

  const detail = detailOf(log.exchanges[0]!, [], false)
  t.like(detail, { kind: 'grpc', state: 'done', grpcStatus: 5, grpcMessage: 'no such cart: café' })
  t.deepEqual(detail.passed?.messages.map(({ way, base64, text, isPacked }) => [way, Buffer.from(base64 ?? '', 'base64').toString() || text, isPacked]), [
    ['sent', '\n\x03abc', false], ['received', 'x'.repeat(100), false], ['received', '', false], ['received', '\0'.repeat(9), true]
  ])
  t.deepEqual(detail.passed?.messages.map(({ totalBytes }) => totalBytes), [5, 100, 0, 9])
})

test('what a caller sends behind a request that is answered already is no request', t => {
  const { log, watching } = startCase()
  watching.toProgram(headers({ ':method': 'POST', ':path': '/up' }, false))
  watching.fromProgram(headers({ ':status': '413' }, true))
  watching.toProgram(dataFrame(1, Buffer.from('late'), 0, 4, false))
  watching.toProgram(headers({ 'x-sum': '7' }, true))
  t.is(log.exchanges.length, 1)
  t.like(recordOf(log.exchanges[0]!), { target: '/up', status: 413, state: 'done' })
})
