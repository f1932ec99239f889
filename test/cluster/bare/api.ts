import { readFile } from 'node:fs/promises'
import { request } from 'node:https'
import { apiPort, inState, ipv4 } from './plan.ts'

/** An answer of the API server. */
export type ApiAnswer = { readonly status: number, readonly body: string }

/** One call to the API server as its administrator. Small on purpose: kubectl takes 0.2 s to start. */
export async function callApi (method: string, path: string, body?: object): Promise<ApiAnswer> {
  const [ca, cert, key] = await Promise.all(['ca.crt', 'admin.crt', 'admin.key'].map(name => readFile(inState('keys', name))))
  return await new Promise((resolve, reject) => {
    const req = request({
      host: ipv4.node,
      port: apiPort,
      path,
      method,
      ca,
      cert,
      key,
      agent: false,
      timeout: 5000,
      headers: body === undefined ? {} : { 'content-type': 'application/json' }
    }, res => {
      const chunks: Buffer[] = []
      res.on('data', (bytes: Buffer) => chunks.push(bytes))
      res.on('error', reject)
      res.on('end', () => resolve({ status: res.statusCode ?? 0, body: Buffer.concat(chunks).toString() }))
    })
    req.on('timeout', () => req.destroy(new Error(`The API server did not answer ${path} within 5 s`)))
    req.on('error', reject)
    req.end(body === undefined ? undefined : JSON.stringify(body))
  })
}

/** Reads an object; undefined when there is none. */
export async function readObject (path: string): Promise<unknown> {
  const { status, body } = await callApi('GET', path)
  if (status === 404) return undefined
  if (status !== 200) throw new Error(`GET ${path}: ${status} ${body}`)
  return JSON.parse(body) as unknown
}

/** Creates an object in a collection. */
export async function createObject (path: string, object: object): Promise<void> {
  const { status, body } = await callApi('POST', path, object)
  if (status !== 201) throw new Error(`POST ${path}: ${status} ${body}`)
}
