import type { Detail, FrameCounts, Summary } from '../view-types.ts'
import { h } from './dom.ts'
import { duration, exactTime, plural, size } from './format.ts'
import { grpcName } from './grpc-status.ts'
import type { Model } from './model.ts'
import { badge } from './status.ts'
import { lengthOf, timing } from './waterfall.ts'

/** When it was, from where to where, how long each stretch took, and how a replay differs. */
export function overview (detail: Detail, model: Model): HTMLElement {
  const { note, grpcStatus = 0, grpcMessage, replayOf, replays } = detail
  const original = replayOf === undefined ? undefined : model.get(replayOf)
  const again = replays.map(id => model.get(id)).filter(found => found !== undefined)
  return h('div', {},
    note !== undefined && h('p', { class: `notice ${detail.state === 'broken' ? 'bad' : ''}` }, note),
    grpcStatus !== 0 && h('p', { class: 'notice bad' }, [grpcName(grpcStatus), grpcMessage].filter(Boolean).join(': ')),
    h('h3', {}, 'Timing'), timing(detail, Date.now()),
    h('h3', {}, 'Facts'), facts(detail),
    ...original === undefined ? [] : [h('h3', {}, 'Against the original'), comparison(original, [detail], model)],
    ...again.length === 0 ? [] : [h('h3', {}, 'Replays'), comparison(detail, again, model)])
}

function facts (detail: Detail): HTMLElement {
  const { startedAt, caller, pod, developer, httpVersion, reason, status, requestBytes, responseBytes } = detail
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['Received', exactTime(startedAt)],
    ['Took', duration(lengthOf(detail, Date.now()))],
    ['Status', status === undefined ? undefined : `${status} ${reason}`.trim()],
    ['gRPC status', detail.grpcStatus === undefined ? undefined : grpcName(detail.grpcStatus)],
    ['Way', caller === 'replay' ? `this page → ${developer}` : `${caller} → ${pod} → ${developer}`],
    ['Protocol', detail.kind === 'tcp' ? 'TCP' : httpVersion],
    ['Sent', size(requestBytes)],
    ['Received body', size(responseBytes)],
    ['Frames', detail.frames && `${framesText(detail.frames.sent)} sent, ${framesText(detail.frames.received)} received`],
    ['Messages', detail.messages && `${messagesText(detail.messages.sent)} sent, ${messagesText(detail.messages.received)} received`],
    ['Intercept', detail.intercept]
  ]
  return h('dl', { class: 'facts' }, ...rows.flatMap(([name, value]) =>
    value === undefined ? [] : [h('div', {}, h('dt', {}, name), h('dd', { class: 'mono' }, value))]))
}

function framesText ({ text, binary, control, bytes }: FrameCounts): string {
  return `${plural(text + binary, 'frame')} (${text} text, ${binary} binary, ${control} control, ${size(bytes)})`
}

function messagesText (lengths: readonly number[]): string {
  const few = lengths.slice(0, 5).map(size).join(', ')
  return `${plural(lengths.length, 'message')}${lengths.length === 0 ? '' : ` (${few}${lengths.length > 5 ? ', …' : ''})`}`
}

/** One line for each: status, time and size, and how far they are from the first. */
function comparison (original: Summary, others: readonly Summary[], model: Model): HTMLElement {
  const row = (exchange: Summary, name: string): HTMLElement => h('tr', {},
    h('th', { scope: 'row' }, h('button', { type: 'button', class: 'link', onclick: () => { model.select(exchange.id) } }, name)),
    h('td', {}, badge(exchange)),
    h('td', { class: 'num' }, duration(lengthOf(exchange, Date.now())), difference(exchange, original, ms => duration(Math.abs(ms)), one => lengthOf(one, Date.now()))),
    h('td', { class: 'num' }, size(exchange.responseBytes), difference(exchange, original, bytes => size(Math.abs(bytes)), one => one.responseBytes)))
  return h('table', { class: 'compare' },
    h('thead', {}, h('tr', {}, ...['', 'Status', 'Took', 'Response'].map(name => h('th', { scope: 'col' }, name)))),
    h('tbody', {}, row(original, 'Original'), ...others.map(exchange => row(exchange, `Replay ${exchange.id}`))))
}

function difference (
  one: Summary, other: Summary, write: (by: number) => string, measure: (exchange: Summary) => number
): HTMLElement | string {
  const by = measure(one) - measure(other)
  return one === other || by === 0 ? '' : h('span', { class: 'diff' }, `${by > 0 ? '+' : '−'}${write(by)}`)
}
