/** A plain server of the npm package: http2-proxy-server.ts <port> <address of the app> <port of the app>. */
import { createServer } from 'node:http'
import proxy from 'http2-proxy'

const [port, hostname, appPort] = process.argv.slice(2)

createServer((request, response) => {
  void proxy.web(request, response, { hostname: String(hostname), port: Number(appPort) }, error => {
    if (error === null || error === undefined) return
    response.statusCode = 502
    response.end()
  })
}).listen(Number(port), () => process.stdout.write('listening\n'))
