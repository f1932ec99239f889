import { eventually, getJson } from './kube.ts'

export type EventSeen = {
  readonly reason: string
  readonly message: string
  readonly involvedObject: { readonly kind: string, readonly name: string }
  readonly source?: { readonly component?: string }
}

/** The webhook's Events in a namespace. */
export async function ourEvents (namespace: string): Promise<readonly EventSeen[]> {
  const { items } = await getJson<{ items: readonly EventSeen[] }>(['-n', namespace, 'events'])
  return items.filter(({ source }) => source?.component === 'waylay-webhook')
}

/** The one with this reason on an object whose kind and start of the name are these. */
export async function eventOn (
  namespace: string, reason: string, kind: string, nameStart: string
): Promise<EventSeen> {
  return await eventually(`there is an Event ${reason} on ${kind} ${nameStart}`, async () =>
    (await ourEvents(namespace)).find(event => event.reason === reason && event.involvedObject.kind === kind &&
      event.involvedObject.name.startsWith(nameStart)))
}
