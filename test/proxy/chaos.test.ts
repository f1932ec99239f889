import type { Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import test from 'ava'
import { listen, proxyPort, type Intercept } from '../helpers/proxied-port.ts'
import { MARIA } from '../helpers/raw-server.ts'

const SEED = 20_260_730
const CONNECTIONS = 60
const ROUNDS = 6

// mulberry32: the same run for the same seed, as far as sockets allow.
function random (seed: number): (below: number) => number {
  let state = seed
  return below => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

/** Answers `name index bodyLength` and as many bytes as the path asks for. */
const serve = (name: string, roll: (below: number) => number, open: Set<Socket>) => (socket: Socket): void => {
  let text = ''
  open.add(socket)
  socket.on('close', () => open.delete(socket))
  socket.setEncoding('latin1')
  socket.on('end', () => socket.end())
  socket.on('data', (piece: string) => {
    text += piece
    for (;;) {
      const headEnd = text.indexOf('\r\n\r\n')
      if (headEnd === -1) return
      const length = Number(/content-length: (\d+)/i.exec(text.slice(0, headEnd))?.[1] ?? 0)
      if (text.length < headEnd + 4 + length) return
      const [, index, size] = /^[A-Z]+ \/(\d+)\/(\d+) /.exec(text) ?? []
      const whole = text.slice(headEnd + 4, headEnd + 4 + length) === 'b'.repeat(length)
      text = text.slice(headEnd + 4 + length)
      const body = `<${name} ${index} ${whole}>${'x'.repeat(Number(size))}`
      if (roll(3) === 0) socket.write(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`)
      else socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
    }
  })
}

test('many connections, random pipelines and splits, routes that come and go: every answer, in order, of the right side', async t => {
  const roll = random(SEED)
  const [apps, programs] = [new Set<Socket>(), new Set<Socket>()]
  const pod = await proxyPort(t, await listen(t, serve('app', roll, apps)))
  const program = await listen(t, serve('maria', roll, programs))
  let intercept: Intercept | undefined
  const flip = setInterval(() => {
    if (intercept === undefined || roll(3) === 0) intercept = pod.intercept('maria-12345678', program)
    else {
      pod.routes.remove(intercept.route)
      intercept = undefined
    }
  }, 7)
  t.teardown(() => clearInterval(flip))

  const run = async (id: number): Promise<void> => {
    const caller = await pod.call()
    const vanishes = roll(6) === 0
    let index = 0
    for (let round = 0; round < ROUNDS; round++) {
      const marks: boolean[] = []
      let bytes = ''
      for (let count = 1 + roll(4); count > 0; count--) {
        const marked = roll(2) === 0
        marks.push(marked)
        const body = 'b'.repeat(roll(3) === 0 ? roll(40_000) : 0)
        const size = roll(8) === 0 ? roll(300_000) : roll(50)
        bytes += `POST /${index + marks.length - 1}/${size} HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n${marked ? MARIA : ''}\r\n${body}`
      }
      for (let at = 0; at < bytes.length;) {
        const step = 1 + roll(roll(2) === 0 ? 20 : 30_000)
        caller.send(bytes.slice(at, at + step))
        at += step
        if (roll(3) === 0) await delay(roll(4))
        if (vanishes && round === 2 && roll(3) === 0) {
          caller.socket.resetAndDestroy()
          return
        }
      }
      if (roll(4) === 0) {
        caller.socket.pause()
        await delay(roll(30))
        caller.socket.resume()
      }
      index += marks.length
      const text = await caller.received(` ${index - 1} true>`)
      const answers = [...text.matchAll(/<(app|maria) (\d+) (true|false)>/g)].slice(-marks.length)
      for (const [at, marked] of marks.entries()) {
        const [, name, got, whole] = answers[at] ?? []
        t.is(`${got} ${whole}`, `${index - marks.length + at} true`, `connection ${id}`)
        if (!marked) t.is(name, 'app')
      }
    }
    caller.socket.end()
    t.false((await caller.end()).reset)
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, async (_, id) => await run(id)))

  const deadline = performance.now() + 30_000
  const left = async (): Promise<number> => await pod.openConnections() + apps.size + programs.size
  while (await left() > 0 && performance.now() < deadline) await delay(20)
  t.is(await left(), 0)
  t.deepEqual(await pod.opaqueReasons(), [])
})

test('idle connections leave nothing behind', async t => {
  const apps = new Set<Socket>()
  const pod = await proxyPort(t, await listen(t, serve('app', () => 1, apps)))
  pod.intercept('maria-12345678', 1)
  for (let batch = 0; batch < 4; batch++) {
    const callers = await Promise.all(Array.from({ length: 500 }, async () => await pod.call()))
    for (const [index, caller] of callers.entries()) {
      if (index % 2 === 0) caller.socket.end()
      else caller.socket.resetAndDestroy()
    }
  }
  while (await pod.openConnections() + apps.size > 0) await delay(20)
  t.pass()
})
