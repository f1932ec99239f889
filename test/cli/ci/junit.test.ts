import { execFileSync } from 'node:child_process'
import test from 'ava'
import { escapeXml, toJunit } from '../../../cli/ci/test/junit.ts'
import { toMarkdown } from '../../../cli/ci/test/markdown.ts'
import { judge, parseMinimum } from '../../../cli/ci/test/minimum.ts'
import { toSummary, type TestResult } from '../../../cli/ci/test/result.ts'
import { fitsSchema } from '../helpers/fits-schema.ts'

const COUNTS = [
  { namespace: 'shop', intercept: 'a', workload: 'deployment/payments', port: 8080, requests: 3 },
  { namespace: 'shop', intercept: 'b', workload: 'deployment/orders', port: 80, requests: 0 }
]

function resultOf (...minimums: readonly string[]): TestResult {
  return {
    environment: 'pr-1',
    header: { name: 'x-waylay-id', value: 'a|b<&"\u0001' },
    startedAt: '2026-01-01T00:00:00.000Z',
    durationMs: 1234,
    exitCode: 0,
    judged: judge(COUNTS, minimums.map(parseMinimum))
  }
}

/** By a real parser, which any Debian has with its Python. */
function parseXml (text: string): readonly string[] {
  const script = 'import sys,xml.etree.ElementTree as e\nfor n in e.fromstring(sys.stdin.buffer.read()).iter(): print(n.tag, sorted(n.attrib.items()))'
  return execFileSync('python3', ['-c', script], { input: text, encoding: 'utf8' }).trim().split('\n')
}

test('the file has a case for each workload and fails what lacks', t => {
  const text = toJunit(resultOf('orders=1', '2'))
  t.is([...text.matchAll(/<testcase /g)].length, 3)
  t.is([...text.matchAll(/<failure /g)].length, 1)
  t.regex(text, /name="requests were diverted: deployment\/orders port 80" time="0">\n {6}<failure type="WAYLAY_NO_MATCH"/)
  t.regex(text, /<testsuite name="waylay ci test" skipped="0" timestamp="2026-01-01T00:00:00.000Z" tests="3" failures="1"/)
})

const hasPython = (() => {
  try {
    execFileSync('python3', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
})()

test('a parser of XML reads whatever is in a name', t => {
  const hostile = 'a<b>&"\'\n\u0000\u0008\ud800\ufffe]]>é'
  const [first] = COUNTS
  const judged = judge(first === undefined ? [] : [{ ...first, workload: hostile }], [parseMinimum('9')])
  const text = toJunit({ ...resultOf(), judged })
  t.false(text.includes('\u0008'))
  t.is(escapeXml('<&"\'>'), '&lt;&amp;&quot;&apos;&gt;')
  if (hasPython) t.true(parseXml(text).some(line => line.startsWith('failure')))
})

test('the summary fits its schema and says whether all is well', t => {
  t.like(fitsSchema(t, JSON.stringify(toSummary(resultOf())), 'ci-test'), { passed: true, requests: 3, minMatches: 1 })
  t.like(fitsSchema(t, JSON.stringify(toSummary(resultOf('orders=1'))), 'ci-test'), { passed: false, requests: 3 })
  const none = { ...resultOf(), environment: undefined, header: undefined, exitCode: 3 }
  t.like(fitsSchema(t, JSON.stringify(toSummary(none)), 'ci-test'), { passed: false, environment: null, header: null })
})

test('a cell of the page of a job holds no bar of its own', t => {
  const text = toMarkdown(resultOf('orders=1'))
  t.regex(text, /a\\\|b\\<&/)
  t.regex(text, /\| deployment\/orders port 80 \| 0 \| 1 \| too few \|/)
})

test('a minimum that is none is refused, and one of no workload', t => {
  for (const text of ['', '-1', 'x', 'payments=', '=3', '1.5']) t.throws(() => parseMinimum(text), { code: 'WAYLAY_USAGE' })
  t.throws(() => judge(COUNTS, [parseMinimum('pay=1')]), { code: 'WAYLAY_USAGE', message: /pay=1 names no workload/ })
  t.deepEqual(judge(COUNTS, [parseMinimum('deployment/orders=2'), parseMinimum('0')]).map(({ wanted }) => wanted), [0, 2, 0])
})
