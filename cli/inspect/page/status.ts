import type { Summary } from '../view-types.ts'
import { h } from './dom.ts'
import { grpcName } from './grpc-status.ts'

/** What is shown as the outcome, and how it is coloured. */
export function outcomeOf (
  { kind, state, status, grpcStatus }: Summary
): { readonly text: string, readonly tone: string } {
  if (grpcStatus !== undefined) return { text: `grpc ${grpcStatus}`, tone: grpcStatus === 0 ? 'good' : 'bad' }
  if (status !== undefined) return { text: String(status), tone: state === 'broken' ? 'bad' : toneOf(status) }
  if (state === 'broken') return { text: 'failed', tone: 'bad' }
  if (kind === 'tcp') return { text: 'tcp', tone: 'plain' }
  return { text: state === 'open' ? '…' : '–', tone: 'plain' }
}

export function badge (exchange: Summary): HTMLElement {
  const { text, tone } = outcomeOf(exchange)
  const { grpcStatus } = exchange
  return h('span', { class: `badge ${tone}`, title: grpcStatus === undefined ? undefined : `gRPC ${grpcName(grpcStatus)}` }, text)
}

/** What kind of exchange it is, where it is not the usual one. */
export function tags ({ kind, replayOf, state }: Summary): readonly HTMLElement[] {
  return [
    ...replayOf === undefined ? [] : [h('span', { class: 'tag accent', title: `Repeats exchange ${replayOf}` }, 'replay')],
    ...kind === 'http' ? [] : [h('span', { class: 'tag' }, KINDS[kind])],
    ...state === 'open' ? [h('span', { class: 'tag pulse' }, 'open')] : []
  ]
}

const KINDS = { grpc: 'gRPC', websocket: 'WebSocket', events: 'events', tcp: 'TCP' } as const

function toneOf (status: number): string {
  if (status >= 500) return 'bad'
  if (status >= 400) return 'warn'
  return status >= 300 ? 'info' : 'good'
}
