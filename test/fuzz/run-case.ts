import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { createHeadParser, encodeStreamReply } from '../../tunnel/stream-head.ts'
import { Clock, pause } from './clock.ts'
import { ExpectedApp } from './expected-app.ts'
import { type FuzzCase, type Recipe } from './fuzz-case.ts'
import type { Observation, OpenedStream, Said } from './observation.ts'
import { ProgramConnection } from './program-connection.ts'
import { mayWait, withMember } from './reference-baggage.ts'
import { proxyHeadEnd } from './reference-proxy-head.ts'
import { readReferenceRequests } from './reference-request.ts'
import { ScriptedCaller } from './scripted-caller.ts'
import type { Slot, SlotUser } from './slot.ts'

/** Nothing may stand still for longer: the slowest thing that is allowed to wait is a FIN that lingers for a second. */
const STILL_MS = 6000
/** Nor may a case last longer, however busy the machine is. */
const BOUND_MS = 60_000
/** Where nobody intercepts every byte must reach the app within this, also on a busy machine. */
const HELD_MS = 2000

/** Runs one case through a slot, to the end of all its connections. */
export async function runCase (fuzzCase: FuzzCase, slot: Slot): Promise<Observation> {
  const run = new CaseRun(fuzzCase)
  slot.use(run)
  if (fuzzCase.intercepts === 'some') slot.addIntercepts()
  const caller = new ScriptedCaller(fuzzCase, run.clock, slot.port.port)
  let heldBytes = 0
  if (fuzzCase.intercepts === 'flips') void flip(slot, caller)
  void caller.send(async () => {
    if (fuzzCase.intercepts !== 'none' || fuzzCase.ending !== 'fin-late' || run.wasCut) return
    const received = (): Buffer => Buffer.concat(run.appConnections.map(connection => connection.received))
    const missing = (): number => missingBytes(fuzzCase.stream, received())
    for (const until = performance.now() + HELD_MS; missing() > 0 && performance.now() < until;) await pause(10)
    heldBytes = missing()
  })
  const boundAt = performance.now() + BOUND_MS
  const isOver = async (): Promise<boolean> => caller.isOver && run.isOver && await slot.port.openConnections() === 0
  for (let seen = -1, since = 0; !await isOver() && performance.now() < boundAt; await pause(2)) {
    if (seen !== run.clock.now) since = performance.now()
    else if (performance.now() - since > STILL_MS) break
    seen = run.clock.now
  }
  const hangs: string[] = []
  if (!caller.isOver) hangs.push(`the caller: ${caller.state}`)
  hangs.push(...run.hangs())
  const open = await slot.port.openConnections()
  if (open > 0) hangs.push(`${open} connections of the proxy`)
  caller.giveUp()
  run.giveUp()
  slot.use(undefined)
  return {
    fuzzCase,
    appConnections: run.appConnections,
    appSaid: run.appSaid,
    streams: run.streams,
    developerSaid: run.developerSaid,
    callerReceived: caller.received,
    callerEnding: caller.ending,
    sentBytes: caller.sentBytes,
    heldBytes,
    hangs
  }
}

/** How much of a stream that nobody intercepts should be at the app. */
function missingBytes (stream: Buffer, received: Buffer): number {
  const { requests, restAt } = readReferenceRequests(stream, proxyHeadEnd(stream))
  const expected = new ExpectedApp()
  let at = 0
  for (const { fields, start, headEnd } of requests) {
    expected.push(stream.subarray(at, start))
    const head = stream.subarray(start, headEnd)
    expected.pushHead(head, withMember(fields, head), false)
    at = headEnd
  }
  expected.push(stream.subarray(at, stream.length - mayWait(stream.subarray(restAt))))
  return expected.resolve(received).length - received.length
}

async function flip (slot: Slot, caller: ScriptedCaller): Promise<void> {
  for (let on = true; !caller.isOver; on = !on) {
    if (on) slot.addIntercepts()
    else slot.dropIntercepts()
    await pause(3)
  }
}

/** The programs behind the proxy while one case runs. */
class CaseRun implements SlotUser {
  readonly clock = new Clock()
  readonly appConnections: ProgramConnection[] = []
  readonly appSaid: Said[] = []
  readonly streams: OpenedStream[] = []
  readonly developerSaid: Said[] = []
  readonly #case: FuzzCase
  #appTurns = 0
  #developerTurns = 0

  constructor (fuzzCase: FuzzCase) {
    this.#case = fuzzCase
  }

  onAppConnection (socket: Socket): void {
    socket.setNoDelay(true)
    const connection = this.#connect(socket, 'app', this.appSaid, () => this.#case.app[this.#appTurns++])
    this.appConnections.push(connection)
    if (this.#case.serverFirst && this.appConnections.length === 1) connection.say(Buffer.from('220 hello\r\n'))
  }

  onStream (stream: Duplex, value: string): void {
    const next = this.#case.developer[this.#developerTurns]?.shape
    const outcome = next === 'gone' || next === 'refuse' ? (next === 'gone' ? 'gone' : 'refused') : 'accepted'
    if (outcome !== 'accepted') this.#developerTurns++
    const openedAt = this.clock.tick()
    if (outcome === 'gone') {
      this.streams.push({ value, outcome, connection: undefined, openedAt })
      throw new Error('The session is gone')
    }
    const parser = createHeadParser()
    const onData = (bytes: Buffer): void => {
      const parsed = parser.push(bytes)
      if (parsed === undefined) return
      stream.off('data', onData)
      if (outcome === 'refused') {
        this.streams.push({ value, outcome, connection: undefined, openedAt })
        stream.resume().end(encodeStreamReply({ ok: false, code: 'WAYLAY_DEVELOPER_REFUSED', message: 'Nothing listens' }))
        return
      }
      stream.write(encodeStreamReply({ ok: true }))
      const connection = this.#connect(stream, `developer/${value}`, this.developerSaid, () => this.#case.developer[this.#developerTurns++])
      this.streams.push({ value, outcome, connection, openedAt })
      connection.receive(parsed.rest)
    }
    stream.on('data', onData)
  }

  #connect (stream: Duplex, name: string, said: Said[], recipe: () => Recipe | undefined): ProgramConnection {
    const connection: ProgramConnection = new ProgramConnection(stream, {
      fuzzCase: this.#case,
      clock: this.clock,
      name,
      nextRecipe: () => recipe() ?? PLAIN,
      onServed: served => said.push({ connection, bytes: served.answer.bytes, served }),
      onLoose: bytes => said.push({ connection, bytes, served: undefined })
    })
    return connection
  }

  get #connections (): ProgramConnection[] {
    return [...this.appConnections, ...this.streams.flatMap(({ connection }) => connection ?? [])]
  }

  get isOver (): boolean {
    return this.#connections.every(({ closed }) => closed)
  }

  get wasCut (): boolean {
    return this.appSaid.some(({ served }) => served?.answer.effect === 'reset')
  }

  hangs (): string[] {
    return this.#connections.filter(({ closed }) => !closed).map(({ state }) => `a program's connection: ${state}`)
  }

  giveUp (): void {
    for (const { stream } of this.#connections) stream.destroy()
  }
}

const PLAIN: Recipe = {
  shape: 'length', status: 200, interims: [], bodyBytes: 2, early: false, saysClose: false, closesSilently: false, extra: false, delayMs: 0, pieces: 1
}
