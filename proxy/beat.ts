import { createSocket } from 'node:dgram'
import { PORTS, SWITCH } from '../common/contract.ts'
import type { AppPort } from '../common/injected.ts'
import type { Family } from './app-dial.ts'

/** Holds the kernel's dead man's switch: a port is redirected only while its last datagram is fresh. */
export type Beat = {
  /** Beats at once and from then on. */
  readonly arm: (port: number, family: Family) => void
  /** Ends the redirect at once: what is already connected stays connected. */
  readonly disarm: (port: number, family: Family) => void
  /** Every port of every family, armed or not. */
  readonly disarmAll: () => void
  /** Disarms all and ends the timer; nothing is armed any more after it. */
  readonly stop: () => void
}

/** Runs an action again and again. @returns ends it. */
export type Every = (action: () => void, intervalMs: number) => () => void

export type BeatOptions = {
  readonly ports: readonly Pick<AppPort, 'port' | 'listener'>[]
  readonly families: readonly Family[]
  /** Sends one datagram to a port of the loopback address. Must not throw. */
  readonly send: (to: number, family: Family) => void
  readonly every?: Every
}

/** A datagram on lo is hardly ever lost, but a redirect that outlives us costs callers two seconds; more are free. */
const DISARM_DATAGRAMS = 3

/** Makes the beat of all ports, disarmed. What to arm is the verdict's business. */
export function createBeat ({ ports, families, send, every = everyInterval }: BeatOptions): Beat {
  const listeners = new Map(ports.map(({ port, listener }) => [port, listener]))
  const armed = new Map<string, { readonly listener: number, readonly family: Family }>()
  let stopped = false

  const stopTimer = every(() => {
    for (const { listener, family } of armed.values()) send(listener, family)
  }, SWITCH.beatIntervalMs)

  const disarm = (port: number, family: Family): void => {
    armed.delete(`${port}/${family}`)
    const listener = listenerOf(listeners, port)
    for (let count = 0; count < DISARM_DATAGRAMS; count++) send(listener + PORTS.disarmOffset, family)
  }
  const disarmAll = (): void => {
    for (const { port } of ports) for (const family of families) disarm(port, family)
  }
  return {
    arm: (port, family) => {
      if (stopped) return
      const listener = listenerOf(listeners, port)
      armed.set(`${port}/${family}`, { listener, family })
      send(listener, family)
    },
    disarm,
    disarmAll,
    stop: () => {
      stopped = true
      stopTimer()
      disarmAll()
    }
  }
}

/**
 * The real `send`. One socket for each family, bound at once: in a process that has run out of file descriptors, a
 * socket that is opened to disarm comes too late.
 */
export function createLoopbackSender (): Pick<BeatOptions, 'send'> & { readonly close: () => void } {
  const sockets = { 4: open('udp4', '127.0.0.1'), 6: open('udp6', '::1') }
  return {
    // Failures are silent: a beat that does not arrive is the same as none, and the app is reached directly.
    send: (to, family) => sockets[family].send('beat', to, family === 4 ? '127.0.0.1' : '::1', () => {}),
    close: () => {
      sockets[4].close()
      sockets[6].close()
    }
  }
}

function open (type: 'udp4' | 'udp6', address: string): ReturnType<typeof createSocket> {
  // Without a look-up, a datagram has left when `send` returns: a process that crashes can still disarm.
  const socket = createSocket({ type, lookup: (name, _options, found) => found(null, name, type === 'udp4' ? 4 : 6) })
  socket.on('error', () => {})
  socket.bind({ address, port: 0, exclusive: true })
  return socket.unref()
}

function listenerOf (listeners: ReadonlyMap<number, number>, port: number): number {
  const listener = listeners.get(port)
  if (listener === undefined) throw new RangeError(`Port ${port} is not one of this pod's ports`)
  return listener
}

function everyInterval (action: () => void, intervalMs: number): () => void {
  const timer = setInterval(action, intervalMs)
  return () => clearInterval(timer)
}
