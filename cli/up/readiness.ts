import { createServer, type Server } from 'node:http'

/**
 * Answers the kubelet, on every address of the pod: a successor is ready when its intercepts stand, and only then its
 * predecessor is ended. Where the port is taken, nothing is served and nothing else is harmed.
 */
export function serveReadiness (port: number, isReady: () => boolean, note: (line: string) => void): Server {
  const server = createServer((request, response) => {
    request.resume()
    const status = request.url !== '/healthz' ? 404 : isReady() ? 200 : 503
    response.writeHead(status, { connection: 'close' }).end()
  })
  server.on('error', error => { note(`Warning: cannot say when it is ready: ${error.message}`) })
  server.listen(port)
  server.unref()
  return server
}
