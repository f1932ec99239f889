import type { WaylayError } from '../../../common/errors.ts'
import type { Match } from '../../../intercepts/match.ts'
import { describeMatch } from '../../../intercepts/describe-match.ts'
import type { TunnelEvent } from '../../../tunnel/control-messages.ts'
import type { OutputFormat } from '../../deps.ts'
import type { Output } from '../../terminal/output.ts'
import type { WayResult } from '../places/check-way.ts'
import { CarrierLines } from './carrier-lines.ts'
import type { CarrierChange } from './carrier-news.ts'
import { machineClock } from '../../clock.ts'
import type { Ending } from './ending.ts'
import { exampleRequest } from './example-request.ts'
import { describeRequest } from './request-line.ts'
import { showText } from '../../terminal/show-text.ts'
import { describeTls } from './tls-text.ts'

/** What stands, once every pod has said so. */
export type StandingFacts = {
  readonly intercept: string
  /** What it is called where several stand in one process. */
  readonly label: string
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
  /** Whether a marked request along the callers' way was recognised by a proxy. */
  readonly way: WayResult['kind']
  /** What is told of it after all else. */
  readonly warnings: readonly string[]
}

/** An intercept, as lines about it need it. */
export type Reported = { readonly name: string, readonly label: string }

/** Tells a person on stderr, and with `json` a program on stdout, what happens while intercepts stand. */
export type Report = {
  readonly ready: (all: readonly StandingFacts[]) => void
  readonly request: (intercept: Reported, event: TunnelEvent) => void
  /** The page that shows them is served. @param url with its token: for the developer's eyes. */
  readonly inspector: (url: string) => void
  /** Pods that divert now, of those that run. */
  readonly pods: (intercept: Reported, diverting: number, running: number) => void
  /** The way to a pod was lost for longer than a planned change takes, or is back. */
  readonly carrier: (pod: string, state: CarrierChange) => void
  /** All of them ended, or only one that is named. */
  readonly ended: (reason: Ending['kind'], error?: WaylayError, intercept?: Reported) => void
  readonly note: (line: string) => void
}

/** For intercepts that nobody is told of. */
export const SILENT_REPORT: Report = {
  ready: () => {},
  request: () => {},
  inspector: () => {},
  pods: () => {},
  carrier: () => {},
  ended: () => {},
  note: () => {}
}

export type ReportOptions = {
  readonly output: Output
  readonly format: OutputFormat
  /** Whether people's lines may be coloured. */
  readonly color: boolean
  /** ms since the epoch. */
  readonly now: () => number
}

const SAME_NEWS_MS = 5000
const MAX_REMEMBERED = 100

/** What people are told of one process's intercepts; documented, for programs, in docs/output.md. */
export function createReport ({ output, format, color, now }: ReportOptions): Report {
  const told = new Set<string>()
  const labels = new Map<string, string>()
  const json = format === 'json' ? output.json : () => {}
  const note = (line: string): void => { output.note(showText(line)) }
  const carriers = new CarrierLines(machineClock, note)
  const saidAt = new Map<string, number>()
  // Where only one stands, everybody knows which.
  const mark = ({ name }: Reported): string => labels.size > 1 ? `${labels.get(name) ?? name}  ` : ''
  return {
    ready: all => {
      for (const { intercept, label } of all) labels.set(intercept, label)
      for (const facts of all) json(readyLine(facts))
      for (const line of readyText(all)) note(line)
    },
    request: (intercept, event) => {
      const { method, path, status, durationMs, requestId, reason } = event
      const time = new Date(now()).toISOString()
      json({ event: event.event, intercept: intercept.name, time, method, path, status, durationMs, requestId, reason })
      if (event.event === 'request') {
        output.note(describeRequest(event, { atMs: now(), color, mark: mark(intercept) }))
        return
      }
      // Everybody's connections are told of: to people once for each reason.
      if (event.event === 'opaque' && told.has(reason ?? '')) return
      if (event.event === 'opaque') told.add(reason ?? '')
      note(mark(intercept) + describeOddity(event))
    },
    inspector: url => { tellInspector(url, json, note) },
    pods: (intercept, diverting, running) => {
      json({ event: 'pods', intercept: intercept.name, diverting, running })
      note(`${mark(intercept)}Diverting on ${diverting} of ${running} ${running === 1 ? 'pod' : 'pods'}.`)
    },
    carrier: (pod, state) => {
      const lostMs = state.kind === 'resumed' ? Math.round(state.afterMs) : undefined
      json({ event: 'carrier', pod, state: state.kind, lostMs })
      carriers.add(pod, state)
    },
    ended: (reason, error, intercept) => {
      json({ event: 'ended', intercept: intercept?.name, reason, code: error?.code, message: error?.message })
      // Why all of them ended is what the command says at its own end.
      if (intercept !== undefined) note(`${mark(intercept)}Ended: ${error?.message ?? reason}.`)
    },
    note: line => {
      // What befalls a pod befalls every intercept on it.
      if (now() - (saidAt.get(line) ?? -Infinity) < SAME_NEWS_MS) return
      if (saidAt.size > MAX_REMEMBERED) saidAt.clear()
      saidAt.set(line, now())
      json({ event: 'note', text: line })
      note(line)
    }
  }
}

function tellInspector (url: string, json: Output['json'], note: Output['note']): void {
  json({ event: 'inspector', url })
  note(`Inspector:  ${url}`)
}

/** What is no request that the developer answered. */
function describeOddity ({ event, reason }: TunnelEvent): string {
  if (event === 'opaque') return describeTls(reason ?? '') ?? `A connection is passed on unread: ${reason ?? 'it is not HTTP/1'}`
  return `The app answers requests of yours: ${reason ?? 'the proxy has too much to do'}`
}

function readyLine ({ match, service, tls: _tls, label: _label, warnings: _warnings, ...standing }: StandingFacts) {
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

function readyText (all: readonly StandingFacts[]): readonly string[] {
  const [first] = all
  if (first === undefined) return []
  const { match, service, port, tls } = first
  return [
    ...all.map(facts => `Diverting ${facts.namespace}/${facts.workload} port ${facts.port} where ${describeMatch(facts.match)} -> ${facts.developer} (${facts.pods} ${facts.pods === 1 ? 'pod' : 'pods'})`),
    `Try it:  ${exampleRequest(match, service ?? `<its address>:${port}`, tls)}   (inside the cluster, or through your ingress)`,
    'Press Ctrl-C to stop.'
  ]
}
