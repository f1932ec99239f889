import test from 'ava'
import { createReport } from '../../../../cli/intercept/report/report.ts'
import { describeTls, warnOfNoSecret, warnOfTls } from '../../../../cli/intercept/report/tls-text.ts'
import { exampleRequest } from '../../../../cli/intercept/report/example-request.ts'
import type { TunnelEvent } from '../../../../tunnel/control-messages.ts'

const ANNOTATION = /waylay\.dev\/tls-secret/

test('TLS that nobody opens is told with the annotation to set, to people once and to programs each time', t => {
  const [notes, lines] = [[] as string[], [] as object[]]
  const output = {
    note: (line: string) => { notes.push(line) },
    json: (value: unknown) => { lines.push(value as object) },
    result: () => {}
  }
  const report = createReport({ output, format: 'json', color: false, now: () => 0 })
  const opaque = (reason: string): TunnelEvent => ({ type: 'event', event: 'opaque', intercept: 'i', reason })

  for (const reason of ['tls', 'tls', 'not-http', 'tls', 'not-http']) report.request({ name: 'i', label: 'i' }, opaque(reason))

  t.is(notes.length, 2)
  t.regex(notes[0] ?? '', /cannot look inside/)
  t.regex(notes[0] ?? '', ANNOTATION)
  t.regex(notes[1] ?? '', /not-http/)
  t.is(lines.length, 5)
})

test('every other reason of TLS is said in words', t => {
  const reasons = ['tls-no-secret', 'tls-other-certificate', 'tls-client-certificate', 'tls-app-refused', 'tls-caller-unknown']
  const texts = reasons.map(reason => describeTls(reason) ?? '')

  t.is(new Set(texts).size, reasons.length)
  t.true(texts.every(text => text.includes('passed on unread')))
  t.is(describeTls('not-http'), undefined)
})

test('a port that looks like TLS is warned of before the first request', t => {
  t.regex(warnOfTls({ port: 8443 }, undefined) ?? '', ANNOTATION)
  t.regex(warnOfTls({ port: 9000, name: 'https-web' }, undefined) ?? '', /port 9000/)
  t.regex(warnOfTls({ port: 9000 }, 'HTTPS') ?? '', ANNOTATION)
  t.is(warnOfTls({ port: 8080, name: 'http' }, undefined), undefined)
  t.is(warnOfTls({ port: 8443, tlsSecret: 'cert' }, 'https'), undefined, 'it is opened')
  t.regex(warnOfNoSecret('shop-1', 8443), /shop-1.*8443.*waylay\.dev\/tls-secret/)
})

test('the example asks over HTTPS where TLS is opened', t => {
  const match = { headers: [{ type: 'Exact', name: 'x-waylay-id', value: 'maria-1' }] } as const

  t.is(exampleRequest(match, 'shop:443', true), 'curl -k -H \'x-waylay-id: maria-1\' https://shop:443/')
})
