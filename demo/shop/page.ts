import type { Answer } from './answer.ts'
import { LIVE_SCRIPT } from './live-script.ts'
import { STYLE } from './style.ts'

/** The answer as a page: a card for each service that the request went through, and who answers over a WebSocket. */
export function renderPage (answer: Answer, basket: number): string {
  const cards = hopsOf(answer).map(({ service, answeredBy, instance }) => `
  <li class="${escape(answeredBy)}">
    <h2>${escape(service)}</h2>
    <p>answered by <b>${escape(answeredBy)}</b></p>
    <p class="instance">${escape(instance)}</p>
  </li>`)
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>The shop</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
<header>
  <h1>The shop</h1>
  <form method="post" action="/basket">
    <span>${basket} in your basket</span> <button>Add one</button>
  </form>
</header>
<p>Who answered this request, service by service:</p>
<ol>${cards.join('')}
</ol>
<p id="live" role="status"><span id="dot"></span> <span id="way">connecting</span></p>
<script>${LIVE_SCRIPT}</script>
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
