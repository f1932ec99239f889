import type { Marks, Summary } from '../view-types.ts'
import { h } from './dom.ts'
import { duration } from './format.ts'

/** One stretch of an exchange, in ms after its head was read. */
export type Phase = { readonly name: string, readonly kind: string, readonly fromMs: number, readonly toMs: number }

/** Its stretches so far. @param nowMs how long it has been going on, where it has not ended. */
export function phasesOf ({ sentMs, requestEndMs, firstByteMs, endMs }: Marks, nowMs: number): readonly Phase[] {
  const end = endMs ?? nowMs
  const sent = sentMs ?? end
  const first = firstByteMs ?? end
  // A program may answer before it has read all of the request.
  const asked = Math.min(Math.max(requestEndMs ?? first, sent), first)
  return [
    { name: 'To the program', kind: 'connect', fromMs: 0, toMs: sent },
    { name: 'Request body', kind: 'send', fromMs: sent, toMs: asked },
    { name: 'Program works', kind: 'wait', fromMs: asked, toMs: first },
    { name: 'Response', kind: 'receive', fromMs: first, toMs: end }
  ].filter(({ fromMs, toMs }) => toMs > fromMs)
}

/** How long it took, or has been going on. */
export function lengthOf ({ marks, state, startedAt }: Summary, now: number): number {
  return marks.endMs ?? (state === 'open' ? Math.max(0, now - startedAt) : 0)
}

/** Its stretches as a bar. @param scaleMs what the whole width stands for. */
export function bar (exchange: Summary, scaleMs: number, now: number): HTMLElement {
  const track = h('span', { class: `track${exchange.state === 'open' ? ' running' : ''}`, 'aria-hidden': 'true' })
  for (const { kind, fromMs, toMs } of phasesOf(exchange.marks, lengthOf(exchange, now))) {
    const piece = h('i', { class: kind })
    piece.style.left = `${100 * fromMs / scaleMs}%`
    piece.style.width = `${100 * (toMs - fromMs) / scaleMs}%`
    track.append(piece)
  }
  return track
}

/** The same with a line for each stretch. */
export function timing (exchange: Summary, now: number): HTMLElement {
  const totalMs = Math.max(0.001, lengthOf(exchange, now))
  const rows = phasesOf(exchange.marks, totalMs).map(({ name, kind, fromMs, toMs }) => {
    const piece = h('i', { class: kind })
    piece.style.left = `${100 * fromMs / totalMs}%`
    piece.style.width = `${100 * (toMs - fromMs) / totalMs}%`
    return h('div', { class: 'phase' },
      h('dt', {}, h('span', { class: `key ${kind}` }), name),
      h('dd', {}, h('span', { class: 'track' }, piece), h('span', { class: 'num' }, duration(toMs - fromMs))))
  })
  return h('dl', { class: 'timing' }, ...rows)
}
