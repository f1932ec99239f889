/**
 * Callers that ask once and then keep their connection: idle-callers.ts <address> <port> <connections>. Says `idle`
 * when all have been answered; ends with an error when one is cut.
 */
import { connect } from 'node:net'

const REQUEST = 'GET / HTTP/1.1\r\nHost: app\r\n\r\n'
const AT_ONCE = 100

async function main ([address = '', port, count]: readonly string[]): Promise<void> {
  let left = Number(count)
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    while (left-- > 0) await ask(address, Number(port))
  }))
  process.stdout.write('idle\n')
}

/** The answer is short enough to come in one piece. */
async function ask (host: string, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true }, () => socket.write(REQUEST))
    socket.once('data', () => resolve())
    socket.on('error', reject)
    socket.on('close', () => { throw new Error('A connection was cut') })
  })
}

await main(process.argv.slice(2))
