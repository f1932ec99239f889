import {
  Client, credentials, Metadata, Server, ServerCredentials, status,
  type ClientDuplexStream, type ClientOptions, type handleBidiStreamingCall, type handleClientStreamingCall,
  type handleServerStreamingCall, type handleUnaryCall, type MethodDefinition, type ServerOptions,
  type ServiceDefinition, type UntypedServiceImplementation
} from '@grpc/grpc-js'
import type { ExecutionContext } from 'ava'

const same = (bytes: Buffer): Buffer => bytes

function method (path: string, requestStream: boolean, responseStream: boolean): MethodDefinition<Buffer, Buffer> {
  return {
    path: `/shop.Cart/${path}`,
    requestStream,
    responseStream,
    requestSerialize: same,
    requestDeserialize: same,
    responseSerialize: same,
    responseDeserialize: same
  }
}

/** A service of bytes, with every kind of call. */
export const CART = {
  unary: method('Unary', false, false),
  fail: method('Fail', false, false),
  never: method('Never', false, false),
  upload: method('Upload', true, false),
  download: method('Download', false, true),
  chat: method('Chat', true, true)
} satisfies ServiceDefinition

export type GrpcApp = {
  readonly port: number
  readonly server: Server
  /** How many calls of `never` were cancelled. */
  readonly cancelled: () => number
  /** Those that are under way. */
  readonly hanging: () => number
}

/** A gRPC server that says its name in every answer and in its metadata and trailers. */
export async function serveGrpc (t: ExecutionContext, name: string, options: ServerOptions = {}): Promise<GrpcApp> {
  const server = new Server({ 'grpc.max_receive_message_length': -1, 'grpc.max_send_message_length': -1, ...options })
  let cancelled = 0
  let hanging = 0
  server.addService(CART, implement(name, () => hanging++, () => cancelled++))
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) => {
      if (error === null) resolve(bound)
      else reject(error)
    })
  })
  t.teardown(() => server.forceShutdown())
  return { port, server, cancelled: () => cancelled, hanging: () => hanging }
}

type Unary = handleUnaryCall<Buffer, Buffer>

function implement (name: string, onHang: () => void, onCancel: () => void): UntypedServiceImplementation {
  const trailers = (): Metadata => Metadata.fromHttp2Headers({ 'x-trailer': name, 'x-bytes-bin': 'AAECAw==' })
  const greet = (call: { sendMetadata: (metadata: Metadata) => void }): void => {
    call.sendMetadata(Metadata.fromHttp2Headers({ 'x-name': name }))
  }
  const unary: Unary = (call, answer) => {
    greet(call)
    answer(null, Buffer.concat([Buffer.from(`${name}:`), call.request]), trailers())
  }

  const fail: Unary = (_call, answer) =>
    answer({ code: status.ALREADY_EXISTS, details: `${name} has it: ä`, metadata: trailers() })
  const never: Unary = call => {
    onHang()
    call.on('cancelled', onCancel)
  }
  const upload: handleClientStreamingCall<Buffer, Buffer> = (call, answer) => {
    let bytes = 0
    call.on('data', (piece: Buffer) => { bytes += piece.length })
    call.on('end', () => answer(null, Buffer.from(`${name}:${bytes}`), trailers()))
  }
  const download: handleServerStreamingCall<Buffer, Buffer> = call => {
    const [count, size] = call.request.toString().split('x').map(Number) as [number, number]
    greet(call)
    let sent = 0
    const send = (): void => {
      while (sent < count) {
        sent++
        if (!call.write(Buffer.alloc(size, name))) return void call.once('drain', send)
      }
      call.end(trailers())
    }
    send()
  }
  const chat: handleBidiStreamingCall<Buffer, Buffer> = call => {
    greet(call)
    call.on('data', (piece: Buffer) => call.write(Buffer.concat([Buffer.from(`${name}:`), piece])))
    call.on('end', () => call.end(trailers()))
  }
  return { unary, fail, never, upload, download, chat }
}

export type Answer = {
  readonly code: number
  readonly details: string
  readonly text: string
  readonly bytes: number
  readonly metadata: Metadata
  readonly trailers: Metadata
}

export type GrpcCaller = {
  readonly client: Client
  readonly unary: (text: string | Buffer, options?: CallOptions) => Promise<Answer>
  readonly call: (kind: 'unary' | 'fail' | 'never', body: Buffer, options?: CallOptions) => Call
  readonly upload: (pieces: readonly Buffer[], options?: CallOptions) => Promise<Answer>
  readonly download: (count: number, size: number, options?: CallOptions) => Promise<Answer>
  readonly chat: (options?: CallOptions) => ClientDuplexStream<Buffer, Buffer>
}

export type CallOptions = { readonly id?: string, readonly timeoutMs?: number }
export type Call = { readonly answer: Promise<Answer>, readonly cancel: () => void }

/** A gRPC client with a connection of its own. */
export function callGrpc (t: ExecutionContext, port: number, options: ClientOptions = {}): GrpcCaller {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), {
    'grpc.use_local_subchannel_pool': 1,
    'grpc.enable_retries': 0,
    'grpc.max_receive_message_length': -1,
    'grpc.max_send_message_length': -1,
    ...options
  })
  t.teardown(() => client.close())
  const call: GrpcCaller['call'] = (kind, body, options) => {
    const { path } = CART[kind]
    let cancel = (): void => {}
    const answer = collect(done => {
      const made = client.makeUnaryRequest(path, same, same, body, metadataOf(options), optionsOf(options), done)
      cancel = () => made.cancel()
      return made
    })
    return { answer, cancel }
  }
  return {
    client,
    call,
    unary: async (text, options) => await call('unary', Buffer.from(text), options).answer,
    upload: async (pieces, options) => await upload(client, pieces, options),
    download: async (count, size, options) => await download(client, `${count}x${size}`, options),
    chat: options => client.makeBidiStreamRequest(CART.chat.path, same, same, metadataOf(options), optionsOf(options))
  }
}

async function upload (client: Client, pieces: readonly Buffer[], options?: CallOptions): Promise<Answer> {
  return await collect(done => {
    const { path } = CART.upload
    const made = client.makeClientStreamRequest(path, same, same, metadataOf(options), optionsOf(options), done)
    let at = 0
    const send = (): void => {
      while (at < pieces.length) {
        if (!made.write(pieces[at++] as Buffer)) return void made.once('drain', send)
      }
      made.end()
    }
    send()
    return made
  })
}

async function download (client: Client, ask: string, options?: CallOptions): Promise<Answer> {
  return await collect(done => {
    const { path } = CART.download
    const body = Buffer.from(ask)
    const made = client.makeServerStreamRequest(path, same, same, body, metadataOf(options), optionsOf(options))
    let bytes = 0
    let text = ''
    made.on('data', (piece: Buffer) => {
      bytes += piece.length
      if (text === '') text = piece.toString('latin1', 0, 20)
    })
    made.on('error', () => {})
    made.on('status', result => done(result.code === status.OK ? null : result, Buffer.from(text), bytes))
    return made
  })
}

type Failure = { readonly code: number, readonly details: string }
type Done = (error: Failure | null, value?: Buffer, bytes?: number) => void
type Emitter = { on (event: 'metadata', listener: (metadata: Metadata) => void): unknown } &
  { on (event: 'status', listener: (status: { metadata: Metadata }) => void): unknown }

async function collect (start: (done: Done) => unknown): Promise<Answer> {
  return await new Promise(resolve => {
    let metadata = new Metadata()
    let answered: { error: Parameters<Done>[0], value: Buffer, bytes: number } | undefined
    let trailers: Metadata | undefined
    const settle = (): void => {
      if (answered === undefined || trailers === undefined) return
      const { error, value, bytes } = answered
      const text = value.toString('latin1')
      resolve({ code: error?.code ?? 0, details: error?.details ?? '', text, bytes, metadata, trailers })
    }
    const call = start((error, value = Buffer.alloc(0), bytes = value.length) => {
      answered = { error, value, bytes }
      settle()
    }) as Emitter
    call.on('metadata', got => { metadata = got })
    call.on('status', got => {
      trailers = got.metadata
      settle()
    })
  })
}

function metadataOf ({ id }: CallOptions = {}): Metadata {
  return Metadata.fromHttp2Headers(id === undefined ? {} : { 'x-waylay-id': id })
}

function optionsOf ({ timeoutMs }: CallOptions = {}): { deadline?: number } {
  return timeoutMs === undefined ? {} : { deadline: Date.now() + timeoutMs }
}
