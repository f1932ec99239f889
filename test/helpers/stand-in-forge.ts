import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ExecutionContext } from 'ava'

/** A comment that it holds. */
export type ForgeComment = { readonly id: number, body: string, readonly user: object, readonly author: object }

/** Stands in for the API of GitHub or GitLab: nothing but comments of one pull request, and whether that is open. */
export type StandInForge = {
  readonly url: string
  readonly comments: ForgeComment[]
  /** Method and path of each request. */
  readonly seen: readonly string[]
  state: string
  /** Every request that writes is answered so. */
  refusesWith: number | undefined
  /** Called before each look at whether it is open. */
  onLook: () => void
}

/** @param token that is asked for, in the header of either kind. */
export async function startForge (t: ExecutionContext, token: string): Promise<StandInForge> {
  const seen: string[] = []
  const forge: StandInForge = { url: '', comments: [], seen, state: 'open', refusesWith: undefined, onLook: () => {} }
  const server = createServer((request, response) => {
    seen.push(`${request.method} ${request.url}`)
    void readBody(request).then(text => {
      const { authorization, 'private-token': other } = request.headers
      const isKnown = authorization === `Bearer ${token}` || other === token
      const [status, body] = isKnown ? answer(forge, request, text) : [401, { message: 'stand-in for a forge: no such token' }]
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  return Object.assign(forge, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })
}

/** A comment of somebody else, or of ours. */
export function commentBy (login: string, body: string, id = 1): ForgeComment {
  return { id, body, user: { login, type: login.endsWith('[bot]') ? 'Bot' : 'User' }, author: { id: login === 'us' ? 7 : 8 } }
}

function answer (forge: StandInForge, request: IncomingMessage, text: string): readonly [number, unknown] {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://forge')
  const isGitlab = request.headers['private-token'] !== undefined
  if (request.method === 'GET') {
    if (pathname === '/user') return isGitlab ? [200, { id: 7 }] : [403, { message: 'Resource not accessible by integration' }]
    if (!/\/(comments|notes)$/.test(pathname)) {
      forge.onLook()
      return [200, { state: forge.state }]
    }
    const [size, page] = [Number(searchParams.get('per_page')), Number(searchParams.get('page'))]
    return [200, forge.comments.slice((page - 1) * size, page * size)]
  }
  if (forge.refusesWith !== undefined) return [forge.refusesWith, { message: 'stand-in: refused' }]
  const { body } = JSON.parse(text) as { readonly body: string }
  const id = Number(/\/(?:comments|notes)\/(\d+)$/.exec(pathname)?.[1] ?? Number.NaN)
  const found = forge.comments.find(comment => comment.id === id)
  if (found !== undefined) found.body = body
  else if (Number.isNaN(id)) forge.comments.push(commentBy(isGitlab ? 'us' : 'github-actions[bot]', body, forge.comments.length + 1000))
  else return [404, {}]
  return [200, {}]
}

async function readBody (request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const piece of request.setEncoding('utf8')) text += piece
  return text
}
