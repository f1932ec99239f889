import { createInterface } from 'node:readline'
import { callApi, streamApi } from './api.ts'
import type { Cluster } from './kubeconfig.ts'

/** Which of a container's lines are asked for. */
export type LogRange = {
  /** RFC 3339; lines of that very moment come too. */
  readonly sinceTime?: string
  readonly sinceSeconds?: number
  readonly tailLines?: number
  /** Of the instance before the last restart. */
  readonly previous?: boolean
}

/** One line, with the moment at which the container runtime took it. */
export type LogLine = { readonly time: string, readonly text: string }

export type ContainerName = { readonly namespace: string, readonly pod: string, readonly container: string }

/**
 * Lines that a container has written so far, or with `follow` also those to come, until it ends or the signal.
 *
 * @throws {WaylayError} `WAYLAY_FORBIDDEN` without `get` on `pods/log`; what the API server refused.
 */
export async function * readLogs (
  cluster: Cluster, which: ContainerName, range: LogRange, follow?: AbortSignal
): AsyncGenerator<LogLine> {
  const path = logPath(which, { ...range, ...(follow !== undefined && { follow: true }) })
  const asked = { verb: 'get', resource: 'pods/log', namespace: which.namespace, name: which.pod, path } as const
  const answer = await streamApi(cluster, {
    ...asked, ...(follow !== undefined && { mayPause: true, signal: follow })
  })
  for await (const line of createInterface({ input: answer, crlfDelay: Infinity })) yield splitTime(line)
}

/** The last lines of a container as one text, cut off at `limitBytes`. */
export async function readLogText (cluster: Cluster, which: ContainerName, limitBytes: number): Promise<string> {
  const path = `${logPath(which, { tailLines: 5000 })}&limitBytes=${limitBytes}`
  const { namespace, pod } = which
  const { body } = await callApi(cluster, { verb: 'get', resource: 'pods/log', namespace, name: pod, path, asText: true })
  return String(body)
}

function logPath (
  { namespace, pod, container }: ContainerName, query: LogRange & { readonly follow?: boolean }
): string {
  const given = Object.entries(query).map(([key, value]) => [key, String(value)])
  const search = new URLSearchParams([['container', container], ['timestamps', 'true'], ...given])
  return `/api/v1/namespaces/${namespace}/pods/${pod}/log?${search.toString()}`
}

function splitTime (line: string): LogLine {
  const at = line.indexOf(' ')
  return at === -1 ? { time: '', text: line } : { time: line.slice(0, at), text: line.slice(at + 1) }
}
