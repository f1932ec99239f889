/** Why a preview cannot show the app, for whoever looks at it. */
export type PreviewFailure = {
  /** HTTP status. */
  readonly status: number
  /** One of common/failures.ts. */
  readonly code: string
  readonly message: string
  /** What to do next. */
  readonly hint: string
}

export type FailureAnswer = { readonly contentType: string, readonly body: Buffer }

/**
 * The failure as the caller can read it: a page for browsers, JSON for programs that ask for it, else text.
 *
 * @param accept the request's `Accept`, empty where it has none.
 */
export function writeFailure (failure: PreviewFailure, accept: string): FailureAnswer {
  const { code, message, hint } = failure
  if (/\btext\/html\b/i.test(accept)) return answer('text/html; charset=utf-8', page(failure))
  if (/\bapplication\/(?:[\w.-]+\+)?json\b/i.test(accept)) {
    return answer('application/json', `${JSON.stringify({ code, message, hint })}\n`)
  }
  return answer('text/plain; charset=utf-8', `${message}\nTry:  ${hint}\nCode: ${code}\n`)
}

function answer (contentType: string, text: string): FailureAnswer {
  return { contentType, body: Buffer.from(text) }
}

/** What such an answer allows itself: nothing but its own style. */
export const FAILURE_POLICY = 'default-src \'none\'; style-src \'unsafe-inline\'; frame-ancestors \'none\''

function page ({ status, code, message, hint }: PreviewFailure): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${status} · waylay preview</title>
<style>${STYLE}</style>
<main>
<p class="eyebrow">waylay preview · ${status}</p>
<h1>${escapeHtml(message)}</h1>
<p class="hint">${escapeHtml(hint)}</p>
<p class="code">${escapeHtml(code)}</p>
</main>
</html>
`
}

const STYLE = `
:root { color-scheme: light dark; --ink: #1c2024; --quiet: #60646c; --line: #d9d9e0; --ground: #fcfcfd; --box: #f0f0f3 }
@media (prefers-color-scheme: dark) {
  :root { --ink: #edeef0; --quiet: #b0b4ba; --line: #363a3f; --ground: #111113; --box: #212225 }
}
body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.5 system-ui, sans-serif }
main { max-width: 42rem; margin: 16vh auto 0; padding: 0 1.5rem; overflow-wrap: anywhere }
h1 { font-size: 1.5rem; line-height: 1.3; font-weight: 600; margin: 0 0 1.5rem }
.eyebrow, .code { color: var(--quiet); font-size: .875rem }
.hint { background: var(--box); border: 1px solid var(--line); border-radius: 6px; padding: .75rem 1rem }
.code { font-family: ui-monospace, monospace }
`

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', '\'': '&#39;'
}

function escapeHtml (text: string): string {
  return text.replace(/[&<>"']/g, char => ENTITIES[char] ?? char)
}
