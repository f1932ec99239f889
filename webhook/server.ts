import { createServer, type Server } from 'node:https'
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express'
import type { Logger } from '../common/log.ts'
import { limitBodies, type BodyLimits } from './bodies.ts'
import type { Pair } from './certificates/x509.ts'
import { limitConnections } from './connections.ts'

/** What the server needs from outside. Only main.ts passes the real ones. */
export type ServerDeps = {
  /** Answers a review about a pod, whose sender may be gone before. Rejects for what is no review. */
  readonly handlePod: (body: unknown, isGone: () => boolean) => Promise<object>
  /** Answers a review about an Intercept. Rejects for what is no review. */
  readonly handleIntercept: (body: unknown) => Promise<object>
  /** The same about an Environment. */
  readonly handleEnvironment: (body: unknown) => Promise<object>
  readonly isReady: () => boolean
  readonly isDraining: () => boolean
  readonly log: Logger
}

const KIB = 1024
const MIB = 1024 * KIB
// etcd takes 1.5 MiB and the API server 3 MiB of one object; an update sends two.
const BODY_LIMIT_BYTES = 8 * MIB
/**
 * One of the largest at a time: parsed it takes up to ten times as much, and with two at once 40 reviews of 7 MiB took
 * three times as long (200 MiB of heap).
 */
export const BODIES: BodyLimits = {
  smallBytes: 64 * KIB,
  largestBytes: BODY_LIMIT_BYTES,
  totalBytes: BODY_LIMIT_BYTES,
  timeoutMs: 10_000,
  // Half of the 2 seconds that the API server gives us: its own next one has the other half.
  largeTimeoutMs: 1000
}
// An API server keeps some 25 open, and more only for as long as it waits for answers.
const MAX_CONNECTIONS = 1000
// The API server drops idle connections after 90 s. Were we first, it could send a review into a closing connection,
// and that pod would start without us.
const KEEP_ALIVE_MS = 10 * 60 * 1000
// The same of one that it opened in advance and has not used: to Node that is a request whose head is late. Who sends a
// head byte by byte is dropped by then too, and long before when connections run short.
const HEAD_MS = 100_000
const HANDSHAKE_MS = 5_000
const OPTIONS = {
  keepAliveTimeout: KEEP_ALIVE_MS,
  headersTimeout: HEAD_MS,
  requestTimeout: HEAD_MS,
  handshakeTimeout: HANDSHAKE_MS,
  connectionsCheckingInterval: 5_000,
  maxHeaderSize: 16 * KIB
} as const

/** Makes the HTTPS server. It serves with the given pair until another is set with `serveWith`. */
export function createWebhookServer (deps: ServerDeps, pair: Pair, bodies: BodyLimits = BODIES): Server {
  const server = createServer({ ...secureContext(pair), ...OPTIONS }, createApp(deps, bodies))
  limitConnections(server, MAX_CONNECTIONS)
  server.on('tlsClientError', (error: NodeJS.ErrnoException) => {
    // Somebody who does not trust us yet, or a port scan.
    deps.log.debug({ event: 'tls.failed', code: error.code }, 'TLS handshake failed')
  })
  return server
}

/** Serves new connections with this pair from now on. Open ones go on as they are. */
export function serveWith (server: Server, pair: Pair): void {
  server.setSecureContext(secureContext(pair))
}

function secureContext ({ certificate, key }: Pair) {
  return { cert: certificate, key, minVersion: 'TLSv1.2' as const }
}

function createApp (deps: ServerDeps, bodies: BodyLimits): Express {
  const app = express()
  app.disable('x-powered-by')
  app.use(closeWhileDraining(deps))
  app.get('/healthz', (_req, res) => { res.send('ok') })
  app.get('/readyz', (_req, res) => { res.status(deps.isReady() ? 200 : 503).send(deps.isReady() ? 'ok' : 'not ready') })
  app.use(refuseOtherTypes)
  app.use(limitBodies(bodies))
  app.use(express.json({ limit: BODY_LIMIT_BYTES, inflate: false }))
  app.post('/pods', async (req, res) => { res.json(await deps.handlePod(req.body, () => res.destroyed)) })
  app.post('/intercepts', async (req, res) => { res.json(await deps.handleIntercept(req.body)) })
  app.post('/environments', async (req, res) => { res.json(await deps.handleEnvironment(req.body)) })
  app.use(refuseMalformed(deps))
  return app
}

// Whoever holds a connection to us finds another replica for the next review.
function closeWhileDraining (deps: ServerDeps): RequestHandler {
  return (_req, res, next) => {
    if (deps.isDraining()) res.set('connection', 'close')
    next()
  }
}

const refuseOtherTypes: RequestHandler = (req, _res, next) => {
  next(req.method === 'POST' && req.is('application/json') === false ? new TypeError('It is not application/json') : undefined)
}

/**
 * What is no AdmissionReview is answered 400. The API server sends none such; if it ever did, a pod would start without
 * us (`failurePolicy: Ignore`), and an Intercept would not be made.
 */
function refuseMalformed (deps: ServerDeps): ErrorRequestHandler {
  // Express knows an error handler by its four parameters.
  return (error: unknown, req, res, _next) => {
    const reason = reasonOf(error)
    deps.log.warn({ event: 'review.malformed', path: req.path, reason }, 'not a review')
    res.status(400).type('text/plain').send(`not an AdmissionReview: ${reason}\n`)
  }
}

// Our own words, or the kind of the body parser's error: its text may quote the body.
function reasonOf (error: unknown): string {
  const type = (error as { readonly type?: unknown } | null)?.type
  if (typeof type === 'string') return type
  return error instanceof TypeError ? error.message : 'it cannot be read'
}
