import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { APP_PORT, CORES, POD_ADDRESS, type Pod, type Running } from './pod.ts'

/** What the app speaks: HTTP/1.1, or HTTP/2 with prior knowledge. */
export type AppProtocol = 'http' | 'grpc'

export const SMALL_BYTES = 50
export const LARGE_BYTES = 1024 * 1024
/** A gRPC message of as many bytes as the small response: flag, length, payload. */
export const GRPC_MESSAGE = Buffer.concat([Buffer.from([0, 0, 0, 0, SMALL_BYTES]), Buffer.alloc(SMALL_BYTES, 'g')])

/** Where a gRPC client finds the one method that there is. */
export const GRPC_METHOD = '/bench.Bench/Unary'

/**
 * The app of every pod, fast enough never to be what is measured: an nginx that answers from memory, or for gRPC an
 * nghttpd that answers every call with one message and the trailer that ends it. (nginx would answer before it has read
 * the request's body, and then sends frames that its own grpc_pass stumbles over.)
 */
export async function startApp (pod: Pod, protocol: AppProtocol): Promise<Running> {
  if (protocol === 'grpc') return await startGrpcApp(pod)
  writeFileSync(join(pod.folder, 'large.bin'), Buffer.alloc(LARGE_BYTES, 'x'))
  return await startNginx(pod, 'app', httpServer(pod), CORES.load, APP_PORT)
}

async function startGrpcApp (pod: Pod): Promise<Running> {
  mkdirSync(join(pod.folder, dirname(GRPC_METHOD)))
  writeFileSync(join(pod.folder, GRPC_METHOD), GRPC_MESSAGE)
  const running = await pod.spawn('pod', [
    'nghttpd', '--no-tls', '-d', pod.folder, '--trailer', 'grpc-status: 0', '-a', POD_ADDRESS, String(APP_PORT)
  ], { core: CORES.load })
  await listening(pod, running.pid, APP_PORT)
  return running
}

/** An nginx with one worker; `server` is what stands in its http block. */
export async function startNginx (
  pod: Pod, name: string, server: string, core: number, port: number
): Promise<Running> {
  const file = join(pod.folder, `${name}.conf`)
  writeFileSync(file, nginxConfig(pod, name, server))
  const running = await pod.spawn('pod', ['nginx', '-c', file, '-g', 'daemon off;'], { core })
  await listening(pod, running.pid, port)
  return running
}

/** Waits until somebody in the pod listens on the port. */
export async function listening (pod: Pod, pid: number, port: number): Promise<void> {
  const ownEnd = `:${port.toString(16).toUpperCase().padStart(4, '0')} `
  for (let attempt = 0; attempt < 200; attempt++) {
    const found = pod.connections(pid).split('\n').some(line => line.includes(ownEnd) && line.includes(' 0A '))
    if (found) return
    await delay(50)
  }
  throw new Error(`Nobody listens on port ${port}`)
}

function nginxConfig (pod: Pod, name: string, server: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map(kind => `${kind}_temp_path ${pod.folder}/${name}-${kind};`).join('\n  ')
  return `user root;
worker_processes 1;
pid ${pod.folder}/${name}.pid;
error_log ${pod.folder}/${name}.log warn;
events { worker_connections 19000; }
http {
  access_log off;
  keepalive_timeout 1h;
  keepalive_requests 1000000000;
  ${temporary}
  ${server}
}
`
}

function httpServer (pod: Pod): string {
  return `
  sendfile on;
  tcp_nopush on;
  open_file_cache max=10 inactive=1h;
  server {
    listen ${APP_PORT} backlog=8192;
    default_type text/plain;
    location / { return 200 "${'r'.repeat(SMALL_BYTES)}"; }
    location = /large { alias ${pod.folder}/large.bin; }
  }`
}

export const APP_URL = `http://${POD_ADDRESS}:${APP_PORT}`
