import type { Socket } from 'node:net'

/** An HTTP server that shows the bytes it got: answers each request with its own name and the request, as sent. */
export function answerWithName (name: string, seen: string[] = []): (socket: Socket) => void {
  return socket => {
    let text = ''
    socket.setEncoding('latin1')
    socket.on('data', (piece: string) => {
      text += piece
      for (let request = takeRequest(); request !== undefined; request = takeRequest()) {
        seen.push(request)
        const path = request.split(' ', 2)[1] ?? ''
        socket.write(respond(`${name} ${path}`))
      }
    })
    socket.on('end', () => socket.end())
    function takeRequest (): string | undefined {
      const headEnd = text.indexOf('\r\n\r\n')
      if (headEnd === -1) return undefined
      const length = Number(/content-length: *(\d+)/i.exec(text.slice(0, headEnd))?.[1] ?? 0)
      const end = headEnd + 4 + length
      if (text.length < end) return undefined
      const request = text.slice(0, end)
      text = text.slice(end)
      return request
    }
  }
}

/** A response with a body. */
export function respond (body: string, fields = ''): string {
  return `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n${fields}\r\n${body}`
}

/** A request of HTTP/1.1. */
export function request (path: string, fields = ''): string {
  return `GET ${path} HTTP/1.1\r\nHost: shop\r\n${fields}\r\n`
}

/** The header line of a developer. */
export const MARIA = 'X-Waylay-Id: maria-12345678\r\n'

/** A request as the proxy sends it on: with a developer's header, also in baggage, of which it has none itself. */
export function sentOn (text: string): string {
  return text.includes(MARIA) ? text.replace('\r\n\r\n', '\r\nbaggage: waylay-id=maria-12345678\r\n\r\n') : text
}
