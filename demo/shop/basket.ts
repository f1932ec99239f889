import type { IncomingMessage, ServerResponse } from 'node:http'

/** How many things are in the basket of whoever asks: a cookie knows. */
export function basketOf (req: IncomingMessage): number {
  return Number(/(?:^|;\s*)basket=(\d{1,4})(?:;|$)/.exec(req.headers.cookie ?? '')?.[1] ?? 0)
}

/** Puts one more in, and sends the browser back by the address that the service itself was asked for. */
export function addToBasket (req: IncomingMessage, res: ServerResponse): void {
  req.resume()
  res.writeHead(303, {
    location: `http://${req.headers.host}/`,
    'set-cookie': `basket=${basketOf(req) + 1}; Path=/; HttpOnly; SameSite=Lax`
  }).end()
}
