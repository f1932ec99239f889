import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { duplexPair, type Duplex } from 'node:stream'
import type { ReferenceRequest } from './reference-request.ts'

type Read = { readonly method: string, readonly url: string, readonly body: Buffer | undefined }

/** Asks Node's own parser about one request that was diverted: where it accepts it too, both must read the same. */
export async function nodeAgrees (request: ReferenceRequest, bytes: Buffer): Promise<'agrees' | 'refuses' | { readonly problem: string }> {
  const read = await readByNode(bytes)
  if (read === undefined) return 'refuses'
  if (read.method !== request.method || read.url !== request.target) return { problem: `Node reads ${read.method} ${read.url}` }
  if (read.body !== undefined && !read.body.equals(request.content)) return { problem: `Node reads a body of ${read.body.length} bytes, we of ${request.content.length}` }
  return 'agrees'
}

async function readByNode (bytes: Buffer): Promise<Read | undefined> {
  const server = createServer()
  const [ours, theirs] = duplexPair()
  ours.on('error', () => {}).resume()
  theirs.on('error', () => {})
  try {
    return await new Promise(resolve => {
      const onRequest = (message: IncomingMessage, response?: ServerResponse): void => {
        const pieces: Buffer[] = []
        message.on('data', (piece: Buffer) => pieces.push(piece))
        message.on('end', () => {
          resolve(readOf(message, Buffer.concat(pieces)))
          response?.end()
        })
        message.on('error', () => resolve(undefined))
      }
      const onHandOver = (message: IncomingMessage, stream: Duplex): void => {
        resolve(readOf(message, undefined))
        stream.destroy()
      }
      server.on('request', onRequest).on('checkContinue', onRequest).on('checkExpectation', onRequest)
      server.on('connect', onHandOver).on('upgrade', onHandOver)
      server.on('clientError', () => resolve(undefined))
      theirs.on('close', () => resolve(undefined))
      server.emit('connection', theirs)
      ours.end(bytes)
    })
  } finally {
    ours.destroy()
    theirs.destroy()
  }
}

function readOf (message: IncomingMessage, body: Buffer | undefined): Read {
  return { method: message.method ?? '', url: message.url ?? '', body }
}
