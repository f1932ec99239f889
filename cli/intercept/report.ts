import type { TunnelEvent } from '../../tunnel/control-messages.ts'
import type { OutputFormat } from '../deps.ts'
import type { Output } from '../output.ts'
import type { Match } from '../../intercepts/match.ts'
import { describeMatch } from '../../intercepts/describe-match.ts'
import { exampleRequest } from './example-request.ts'
import { describeTls } from './tls-text.ts'

/** What stands, once every pod has said so. */
export type Standing = {
  readonly intercept: string
  readonly namespace: string
  readonly workload: string
  readonly port: number
  readonly match: Match
  /** `127.0.0.1:3000`. */
  readonly developer: string
  readonly pods: number
  /** Host and port under which callers in the cluster reach it, where a Service leads there. */
  readonly service: string | undefined
  /** Whether callers speak TLS on this port, and the proxy opens it. */
  readonly tls: boolean
}

/** Tells a person on stderr, and with `json` a program on stdout, what happens while an intercept stands. */
export type Report = {
  readonly ready: (standing: Standing) => void
  readonly request: (event: TunnelEvent) => void
  /** Pods that divert now, of those that run. */
  readonly pods: (diverting: number, running: number) => void
  readonly ended: (reason: string) => void
  readonly note: (line: string) => void
}

export function createReport (output: Output, format: OutputFormat): Report {
  const told = new Set<string>()
  const json = format === 'json' ? output.json : () => {}
  return {
    ready: standing => {
      json(readyLine(standing))
      for (const line of readyText(standing)) output.note(line)
    },
    request: event => {
      const { method, path, status, durationMs, reason } = event
      json({ event: event.event, method, path, status, durationMs, reason })
      // Everybody's connections are told of: to people once for each reason.
      if (event.event === 'opaque' && told.has(reason ?? '')) return
      if (event.event === 'opaque') told.add(reason ?? '')
      output.note(oddity(event) ?? [
        method, path, status ?? '-', durationMs === undefined ? '' : `${Math.round(durationMs)} ms`, reason ?? ''
      ].filter(part => part !== '' && part !== undefined).join(' '))
    },
    pods: (diverting, running) => {
      json({ event: 'pods', diverting, running })
      output.note(`Diverting on ${diverting} of ${running} ${running === 1 ? 'pod' : 'pods'}.`)
    },
    ended: reason => {
      json({ event: 'ended', reason })
      output.note(`Intercept ended: ${reason}.`)
    },
    note: output.note
  }
}

/** What is no request that the developer answered. */
function oddity ({ event, reason }: TunnelEvent): string | undefined {
  if (event === 'opaque') return describeTls(reason ?? '') ?? `A connection is passed on unread: ${reason ?? 'it is not HTTP/1'}`
  return event === 'overload' ? `The app answers requests of yours: ${reason ?? 'the proxy has too much to do'}` : undefined
}

function readyLine ({ match, service, tls: _tls, ...standing }: Standing) {
  const first = match.headers.find(({ type }) => type === 'Exact')
  return {
    event: 'ready',
    ...standing,
    service: service ?? null,
    header: first === undefined ? null : { name: first.name, value: first.value },
    headers: match.headers,
    path: match.path ?? null,
    methods: match.methods ?? []
  }
}

function readyText ({ namespace, workload, port, match, developer, pods, service, tls }: Standing): readonly string[] {
  return [
    `Diverting ${namespace}/${workload} port ${port} where ${describeMatch(match)} -> ${developer} (${pods} ${pods === 1 ? 'pod' : 'pods'})`,
    `Try it:  ${exampleRequest(match, service ?? `<its address>:${port}`, tls)}   (inside the cluster, or through your ingress)`,
    'Press Ctrl-C to stop.'
  ]
}
