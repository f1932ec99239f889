import type { ExecutionContext } from 'ava'
import type { LoadResult, Marking } from '../e2e/fixtures/keep-alive-load.ts'
import type { Answer, SentHeaders } from '../e2e/fixtures/send-request.ts'
import type { ShortResult } from '../e2e/fixtures/short-load.ts'
import { apply, kubectl } from './kube.ts'
import { openCommands } from './pod-commands.ts'
import { FIXTURES_IMAGE } from './workload.ts'

export type Headers = Readonly<Record<string, string>>

/** Everybody else, in a pod without a sidecar: sends what it is told to, from where callers really are. */
export type CallerPod = {
  readonly request: (url: string, headers?: SentHeaders, method?: string) => Promise<CallerAnswer>
  readonly dial: (host: string, port: number) => Promise<string>
  readonly startKeepAlive: (url: string, connections: number, marking?: Marking) => Promise<void>
  /** Each connection's next request carries the headers; who answered each of those. */
  readonly markKeepAlive: (url: string, headers: Headers) => Promise<readonly string[]>
  readonly stopKeepAlive: (url: string) => Promise<LoadResult>
  readonly startShort: (url: string) => Promise<void>
  readonly stopShort: (url: string) => Promise<ShortResult>
}

/** `error` where there was no answer at all. */
export type CallerAnswer = Answer & { readonly error?: string, readonly json: Json }

type Json = {
  readonly answeredBy?: string
  readonly pod?: string
  readonly peer?: string
  /** What the request carried. */
  readonly headers?: Headers
}

/** Starts the caller in a namespace; ended with the test. */
export async function startCaller (t: Pick<ExecutionContext, 'teardown'>, namespace: string): Promise<CallerPod> {
  await apply({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'caller', namespace, labels: { app: 'caller', 'waylay.dev/inject': 'disabled' } },
    spec: {
      terminationGracePeriodSeconds: 0,
      containers: [{ name: 'caller', image: FIXTURES_IMAGE, command: ['sleep', '3600'] }]
    }
  })
  await kubectl(['-n', namespace, 'wait', '--for=condition=Ready', 'pod/caller', '--timeout=60s'])
  const send = await openCommands(t, { namespace, pod: 'caller', script: '/fixtures/caller.ts' })
  return {
    request: async (url, headers = {}, method = 'GET') => {
      const answer = await send('request', { url, headers, method }) as Answer
      return { ...answer, json: readJson(answer.body) }
    },
    dial: async (host, port) => (await send('dial', { host, port }) as { outcome: string }).outcome,
    startKeepAlive: async (url, connections, marking) => {
      await send('keep-alive-start', { url, connections, marking })
    },
    markKeepAlive: async (url, headers) => {
      const marked = await send('keep-alive-mark', { url, headers }) as readonly { answeredBy: string }[]
      return marked.map(({ answeredBy }) => answeredBy)
    },
    stopKeepAlive: async url => await send('keep-alive-stop', { url }) as LoadResult,
    startShort: async url => { await send('short-start', { url }) },
    stopShort: async url => await send('short-stop', { url }) as ShortResult
  }
}

function readJson (body: string | undefined): Json {
  try {
    return JSON.parse(body ?? '') as Json
  } catch {
    return {}
  }
}
