/**
 * Callers that close first, where there is no Go: see go/closing-callers, whose arguments and output it shares.
 *
 *   closing-callers.ts <address:port> <callers> <seconds>
 */
import { connect } from 'node:net'
import { median } from '../stats.ts'

const REQUEST = 'GET / HTTP/1.1\r\nHost: app\r\n\r\n'
const TIMEOUT_MS = 5000

type Counts = { bytes: number, errors: number, readonly latenciesUs: number[] }

async function main ([address = '', callers, seconds]: readonly string[]): Promise<void> {
  const [host = '', port] = address.split(':')
  const counts: Counts = { bytes: 0, errors: 0, latenciesUs: [] }
  const beganMs = performance.now()
  const endMs = beganMs + Number(seconds) * 1000
  await Promise.all(Array.from({ length: Number(callers) }, async () => {
    while (performance.now() < endMs) await ask(host, Number(port), counts)
  }))
  const tookUs = Math.round((performance.now() - beganMs) * 1000)
  const p50 = counts.latenciesUs.length === 0 ? 0 : median(counts.latenciesUs)
  process.stdout.write(`bench: requests=${counts.latenciesUs.length} duration_us=${tookUs} bytes=${counts.bytes} ` +
    `p50_us=${p50.toFixed(3)} connect=${counts.errors} read=0 write=0 status=0 timeout=0\n`)
}

/** One connection, one request. The answer is short: the end of its head tells how much must follow. */
async function ask (host: string, port: number, counts: Counts): Promise<void> {
  const startMs = performance.now()
  const good = await new Promise<boolean>(resolve => {
    let text = ''
    const socket = connect({ host, port, noDelay: true }, () => socket.write(REQUEST))
    socket.setTimeout(TIMEOUT_MS, () => socket.destroy())
    socket.on('data', (bytes: Buffer) => {
      text += bytes.toString('latin1')
      if (!isComplete(text)) return
      counts.bytes += text.length
      socket.end()
      resolve(text.startsWith('HTTP/1.1 200 '))
    })
    socket.on('error', () => resolve(false))
    socket.on('close', () => resolve(false))
  })
  if (good) counts.latenciesUs.push((performance.now() - startMs) * 1000)
  else counts.errors++
}

function isComplete (text: string): boolean {
  const headEnd = text.indexOf('\r\n\r\n')
  const [, length] = /\r\ncontent-length: (\d+)/i.exec(text) ?? []
  return headEnd !== -1 && text.length >= headEnd + 4 + Number(length ?? 0)
}

await main(process.argv.slice(2))
