import type { CoreV1Event } from '@kubernetes/client-node'
import type { EventObject } from '../events/event.ts'
import { isStatus, type Cluster } from './client.ts'

const COMPONENT = 'waylay-webhook'

/** Writes an Event. False where one of that name is there already: another replica was first, or it was told before. */
export async function createEvent ({ core }: Cluster, { atMs, ...event }: EventObject): Promise<boolean> {
  const at = new Date(atMs)
  const body: CoreV1Event = {
    apiVersion: 'v1',
    kind: 'Event',
    ...event,
    count: 1,
    firstTimestamp: at,
    lastTimestamp: at,
    source: { component: COMPONENT },
    reportingComponent: COMPONENT,
    reportingInstance: COMPONENT
  }
  try {
    await core.createNamespacedEvent({ namespace: event.metadata.namespace, body })
    return true
  } catch (error) {
    if (isStatus(error, 409)) return false
    throw error
  }
}
