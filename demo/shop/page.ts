import type { Answer } from './answer.ts'

/** The answer as a page: one line for each service that the request went through. */
export function renderPage (answer: Answer): string {
  const rows = hopsOf(answer).map(({ service, answeredBy, instance }) =>
    `<tr class="${escape(answeredBy)}"><td>${escape(service)}</td><td>${escape(answeredBy)}</td><td>${escape(instance)}</td></tr>`)
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>The shop</title>
<style>
  body { font: 1.1rem/1.6 system-ui, sans-serif; margin: 3rem auto; max-width: 40rem }
  td, th { padding: .3rem 1.5rem .3rem 0; text-align: left }
  .developer { font-weight: bold; color: #0a6e31 }
</style>
<h1>The shop</h1>
<p>Who answered this request, service by service:</p>
<table>
<tr><th>service</th><th>answered by</th><th>instance</th></tr>
${rows.join('\n')}
</table>
</html>
`
}

function hopsOf (answer: Answer): readonly Answer[] {
  const next = Object.values(answer).find((value): value is Answer =>
    typeof value === 'object' && value !== null && 'answeredBy' in value)
  return next === undefined ? [answer] : [answer, ...hopsOf(next)]
}

function escape (text: string): string {
  return text.replace(/[&<>"]/g, found => `&#${found.charCodeAt(0)};`)
}
