import { text } from 'node:stream/consumers'
import { PORTS } from '../../common/contract.ts'
import { WaylayError } from '../../common/errors.ts'
import type { Cluster } from './kubeconfig.ts'
import { openPortForward } from './port-forward.ts'

/** One number of a proxy, with its labels. */
export type Sample = {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

const ANSWER_TIMEOUT_MS = 5000

/**
 * Reads the metrics of a pod's proxy, through the API server.
 *
 * @throws {WaylayError} `WAYLAY_FORBIDDEN`, `WAYLAY_TUNNEL_FAILED` when it does not answer.
 */
export async function readPodMetrics (cluster: Cluster, namespace: string, pod: string): Promise<readonly Sample[]> {
  const stream = await openPortForward(cluster, namespace, pod, PORTS.health)
  const timer = setTimeout(() => { stream.destroy(failed(pod, 'no answer')) }, ANSWER_TIMEOUT_MS)
  try {
    // HTTP/1.0: the end of the answer is the end of the stream.
    stream.write('GET /metrics HTTP/1.0\r\nhost: pod\r\n\r\n')
    const answer = await text(stream)
    const end = answer.indexOf('\r\n\r\n')
    if (end === -1 || !/^HTTP\/1\.[01] 200 /.test(answer)) throw failed(pod, answer.split('\r\n', 1)[0] ?? '')
    return parseMetrics(answer.slice(end + 4))
  } finally {
    clearTimeout(timer)
    stream.destroy()
  }
}

/** The lines of Prometheus' text format that hold a number; label values of ours hold no quotes. */
export function parseMetrics (body: string): readonly Sample[] {
  return [...body.matchAll(/^(\w+)(?:\{([^}]*)\})? (\S+)$/gm)].map(([, name = '', labels = '', value]) => ({
    name,
    labels: Object.fromEntries([...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = '', text = '']) => [key, text])),
    value: Number(value)
  }))
}

function failed (pod: string, why: string): WaylayError {
  return new WaylayError('WAYLAY_TUNNEL_FAILED', `The proxy of pod ${pod} does not tell its metrics: ${why}`)
}
