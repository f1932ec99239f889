import test from 'ava'
import { writeFailure } from '../../browse/failure-page.ts'

const FAILURE = { status: 503, code: 'WAYLAY_REACH_REFUSED', message: 'No <pod> is "ready"', hint: 'kubectl get pods' }

test('a browser gets a page that shows what failed and cannot be made to run anything', t => {
  const { contentType, body } = writeFailure(FAILURE, 'text/html,application/xhtml+xml,*/*;q=0.8')
  t.is(contentType, 'text/html; charset=utf-8')
  t.regex(body.toString(), /No &lt;pod&gt; is &quot;ready&quot;[^]*kubectl get pods[^]*WAYLAY_REACH_REFUSED/)
  t.notRegex(body.toString(), /<pod>|<script|https?:/)
})

test('a program that asks for JSON gets it, everybody else text', t => {
  const { code, message, hint } = FAILURE
  t.deepEqual(JSON.parse(writeFailure(FAILURE, 'application/json').body.toString()), { code, message, hint })
  const text = writeFailure(FAILURE, '*/*')
  t.is(text.contentType, 'text/plain; charset=utf-8')
  t.is(text.body.toString(), 'No <pod> is "ready"\nTry:  kubectl get pods\nCode: WAYLAY_REACH_REFUSED\n')
})
