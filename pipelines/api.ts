/** A server's API, spoken to with one token. */
export type Api = {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
}

/** An answer that was no success. */
export class ApiError extends Error {
  readonly status: number

  constructor (method: string, url: string, status: number) {
    super(`${method} ${url} was answered with ${status}`)
    this.status = status
  }
}

const TIMEOUT_MS = 30_000

/** @throws {ApiError} for an answer that is no success; its message has no header in it. */
export async function askApi ({ url, headers }: Api, method: string, path: string, body?: unknown): Promise<unknown> {
  const response = await fetch(url + path, {
    method,
    headers: { ...headers, 'user-agent': 'waylay', ...body !== undefined && { 'content-type': 'application/json' } },
    ...body !== undefined && { body: JSON.stringify(body) },
    signal: AbortSignal.timeout(TIMEOUT_MS)
  })
  const text = await response.text()
  if (!response.ok) throw new ApiError(method, url + path, response.status)
  return text === '' ? undefined : JSON.parse(text) as unknown
}
