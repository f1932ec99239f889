import type { Change, Detail, Listing, Picture, ReplayWish } from '../view-types.ts'

/** What the server refused, in its own words. */
export class Refusal extends Error {}

export async function fetchListing (): Promise<Listing> {
  return await getJson('api/exchanges')
}

export async function fetchDetail (id: number, showsSecrets: boolean): Promise<Detail> {
  return await getJson(`api/exchanges/${id}${showsSecrets ? '?secrets=show' : ''}`)
}

export async function fetchPicture (): Promise<Picture> {
  return await getJson('api/picture')
}

export async function fetchCurl (id: number, showsSecrets: boolean): Promise<string> {
  const response = await ask(`api/exchanges/${id}/curl${showsSecrets ? '?secrets=show' : ''}`)
  return await response.text()
}

/** Address of the archive of these exchanges, to be downloaded. */
export function harAddress (ids: readonly number[], showsSecrets: boolean): string {
  return `api/har?ids=${ids.join(',')}${showsSecrets ? '&secrets=show' : ''}`
}

/** Returns the id of the new exchange. */
export async function sendReplay (id: number, wish: ReplayWish): Promise<number> {
  const answer = await (await ask(`api/exchanges/${id}/replay`, wish)).json() as { readonly id: number }
  return answer.id
}

export async function clear (): Promise<void> {
  await ask('api/clear', {})
}

/** Follows what happens. `lost`: the command may have ended; the browser tries again by itself until `ended`. */
export function follow (on: {
  readonly opened: () => void
  readonly changed: (change: Change) => void
  readonly lost: () => void
  readonly ended: () => void
}): void {
  const events = new EventSource('api/events')
  events.onopen = on.opened
  events.onmessage = ({ data }: MessageEvent<string>) => { on.changed(JSON.parse(data) as Change) }
  events.onerror = on.lost
  events.addEventListener('ended', () => {
    events.close()
    on.ended()
  })
}

async function getJson<T> (address: string): Promise<T> {
  return await (await ask(address)).json() as T
}

async function ask (address: string, body?: object): Promise<Response> {
  const response = await fetch(address, body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) })
  if (response.ok) return response
  const { message, hint } = await response.json().catch(() => ({})) as { message?: string, hint?: string }
  throw new Refusal(message === undefined ? `The inspector answered ${response.status}` : `${message}. ${hint ?? ''}`)
}
