import { describeRequest } from '../intercept/report/request-line.ts'
import { showText } from '../terminal/show-text.ts'
import type { Output } from '../terminal/output.ts'
import type { OutputFormat } from '../deps.ts'
import type { RoutingHeader } from '../../browse/routing-fields.ts'
import type { TurnFacts } from './site.ts'

/** What stands once the preview can be opened. */
export type PreviewFacts = {
  readonly url: string
  readonly namespace: string
  readonly service: string
  readonly port: number
  readonly headers: readonly RoutingHeader[]
}

/** What a preview tells: a person on stderr, with `json` a program on stdout. */
export type PreviewReport = {
  readonly ready: (facts: PreviewFacts) => void
  readonly turn: (facts: TurnFacts) => void
  readonly note: (line: string) => void
}

export function createPreviewReport ({ output, format, color }: {
  readonly output: Output
  readonly format: OutputFormat
  readonly color: boolean
}): PreviewReport {
  return {
    ready: facts => {
      const { url, namespace, service, port, headers } = facts
      if (format === 'json') output.json({ event: 'ready', ...facts })
      else output.result(url)
      const marks = headers.map(({ name, value }) => `${name}: ${value}`).join(', ')
      output.note(showText(`Preview of ${namespace}/${service} port ${port} with ${marks} -> ${url}`))
      output.note('Press Ctrl-C to stop.')
    },
    turn: ({ divertedTo, failure, ...turn }) => {
      const reason = failure ?? (divertedTo === undefined ? 'by the app' : `by ${divertedTo}`)
      const { method, path, status, durationMs } = turn
      output.note(describeRequest(
        { method, path, ...(status !== undefined && { status }), durationMs, reason },
        { atMs: Date.now(), color, mark: '' }))
    },
    note: line => { output.note(showText(line)) }
  }
}
