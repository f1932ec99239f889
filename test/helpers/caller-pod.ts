import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { ExecutionContext } from 'ava'
import type { LoadResult } from '../e2e/fixtures/keep-alive-load.ts'
import type { Answer, SentHeaders } from '../e2e/fixtures/send-request.ts'
import type { ShortResult } from '../e2e/fixtures/short-load.ts'
import { apply, kubectl, theCluster } from './kube.ts'
import { FIXTURES_IMAGE } from './workload.ts'

export type Headers = Readonly<Record<string, string>>

/** Everybody else, in a pod without a sidecar: sends what it is told to, from where callers really are. */
export type CallerPod = {
  readonly request: (url: string, headers?: SentHeaders, method?: string) => Promise<CallerAnswer>
  readonly dial: (host: string, port: number) => Promise<string>
  readonly startKeepAlive: (url: string, connections: number) => Promise<void>
  /** Each connection's next request carries the headers; who answered each of those. */
  readonly markKeepAlive: (url: string, headers: Headers) => Promise<readonly string[]>
  readonly stopKeepAlive: (url: string) => Promise<LoadResult>
  readonly startShort: (url: string) => Promise<void>
  readonly stopShort: (url: string) => Promise<ShortResult>
}

/** `error` where there was no answer at all. */
export type CallerAnswer = Answer & { readonly error?: string, readonly json: Json }

type Json = { readonly answeredBy?: string, readonly pod?: string, readonly peer?: string }

/** Starts the caller in a namespace; ended with the test. */
export async function startCaller (t: ExecutionContext, namespace: string): Promise<CallerPod> {
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
  const send = await openCommandLine(t, namespace)
  return {
    request: async (url, headers = {}, method = 'GET') => {
      const answer = await send({ op: 'request', url, headers, method }) as Answer
      return { ...answer, json: readJson(answer.body) }
    },
    dial: async (host, port) => (await send({ op: 'dial', host, port }) as { outcome: string }).outcome,
    startKeepAlive: async (url, connections) => { await send({ op: 'keep-alive-start', url, connections }) },
    markKeepAlive: async (url, headers) => {
      const marked = await send({ op: 'keep-alive-mark', url, headers }) as readonly { answeredBy: string }[]
      return marked.map(({ answeredBy }) => answeredBy)
    },
    stopKeepAlive: async url => await send({ op: 'keep-alive-stop', url }) as LoadResult,
    startShort: async url => { await send({ op: 'short-start', url }) },
    stopShort: async url => await send({ op: 'short-stop', url }) as ShortResult
  }
}

type Send = (command: object) => Promise<unknown>

async function openCommandLine (t: ExecutionContext, namespace: string): Promise<Send> {
  const { kubectl: program, kubeconfigPath } = await theCluster()
  const child = spawn(program, ['--kubeconfig', kubeconfigPath, '-n', namespace, 'exec', '-i', 'caller', '--',
    'node', '/fixtures/caller.ts'], { stdio: ['pipe', 'pipe', 'inherit'] })
  t.teardown(() => child.kill())
  const waiting = new Map<number, PromiseWithResolvers<unknown>>()
  const ready = Promise.withResolvers<void>()
  createInterface({ input: child.stdout }).on('line', line => {
    const { id, result, error } = JSON.parse(line) as { id?: number, result?: unknown, error?: string }
    if (id === undefined) return ready.resolve()
    if (error === undefined) waiting.get(id)?.resolve(result)
    else waiting.get(id)?.reject(new Error(error))
    waiting.delete(id)
  })
  child.on('close', code => {
    const gone = new Error(`The caller ended with ${code}`)
    ready.reject(gone)
    for (const one of waiting.values()) one.reject(gone)
  })
  await ready.promise
  let id = 0
  return async command => {
    const answer = Promise.withResolvers<unknown>()
    waiting.set(++id, answer)
    child.stdin.write(`${JSON.stringify({ id, ...command })}\n`)
    return await answer.promise
  }
}

function readJson (body: string | undefined): Json {
  try {
    return JSON.parse(body ?? '') as Json
  } catch {
    return {}
  }
}
