import { toWaylayError } from '../../../common/errors.ts'
import type { Cluster } from '../../cluster/kubeconfig.ts'
import { readLogs, type ContainerName } from '../../cluster/pod-logs.ts'
import { showText } from '../../terminal/show-text.ts'

export const LAST_LINES = 20

/** The last lines of a container that does not run, for people: of this start, or of the one before it. */
export async function readLastLines (cluster: Cluster, which: ContainerName): Promise<readonly string[]> {
  try {
    const lines = await read(cluster, which, false)
    const all = lines.length > 0 ? lines : await read(cluster, which, true).catch(() => [])
    const title = `The last lines of container ${which.container} of ${which.pod}:`
    return all.length === 0 ? [`Container ${which.container} of ${which.pod} wrote no line.`] : [title, ...all.map(line => `  ${line}`)]
  } catch (error) {
    return [`What container ${which.container} of ${which.pod} wrote cannot be read: ${toWaylayError(error).message}`]
  }
}

async function read (cluster: Cluster, which: ContainerName, previous: boolean): Promise<readonly string[]> {
  const lines: string[] = []
  const range = { tailLines: LAST_LINES, ...(previous && { previous }) }
  for await (const { text } of readLogs(cluster, which, range)) lines.push(showText(text))
  return lines
}
