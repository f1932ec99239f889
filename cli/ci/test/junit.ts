import { describeCount, nameOf, type TestResult } from './result.ts'

/**
 * JUnit's XML, as GitHub's and GitLab's readers take it: one case for each workload, and one for all together. The
 * tests' own results are in their own file.
 */
export function toJunit ({ judged, startedAt, durationMs }: TestResult): string {
  const failures = judged.filter(({ requests, wanted }) => requests < wanted).length
  const totals = `tests="${judged.length}" failures="${failures}" errors="0" time="${(durationMs / 1000).toFixed(3)}"`
  const cases = judged.map(one => {
    const { counted, requests, wanted } = one
    const attributes = `classname="waylay.${escapeXml(counted?.namespace ?? 'ci')}" name="requests were diverted: ${escapeXml(nameOf(one))}" time="0"`
    const said = `${describeCount(requests)}, at least ${wanted} asked for`
    return requests < wanted
      ? `    <testcase ${attributes}>\n      <failure type="WAYLAY_NO_MATCH" message="${escapeXml(said)}"/>\n    </testcase>`
      : `    <testcase ${attributes}>\n      <system-out>${escapeXml(said)}</system-out>\n    </testcase>`
  })
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="waylay" ${totals}>`,
    `  <testsuite name="waylay ci test" skipped="0" timestamp="${escapeXml(startedAt)}" ${totals}>`,
    ...cases,
    '  </testsuite>',
    '</testsuites>',
    ''
  ].join('\n')
}

const NAMES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', '\'': '&apos;' }

/** What XML 1.0 cannot hold at all, not even as a reference, is left out. */
export function escapeXml (text: string): string {
  return text.toWellFormed()
    // eslint-disable-next-line no-control-regex -- control characters are exactly what must be found
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '')
    .replace(/[&<>"']/g, char => NAMES[char] ?? '')
    .replace(/[\t\n\r]/g, char => `&#${char.charCodeAt(0)};`)
}
