import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { listen, proxyPort, type Intercept, type Owner, type ProxiedPort } from '../helpers/proxied-port.ts'
import { INTERCEPTED_IDS } from './fuzz-case.ts'

/** Who gets what reaches the programs behind a proxied port: the case that runs there now. */
export type SlotUser = {
  readonly onAppConnection: (socket: Socket) => void
  /** Throws where the session is to be gone. */
  readonly onStream: (stream: Duplex, value: string) => void
}

/** An app's port behind the proxy, for one case after the other. Many slots share the proxy's process. */
export class Slot {
  readonly port: ProxiedPort
  #user: SlotUser | undefined
  #intercepts: Intercept[] = []

  private constructor (port: ProxiedPort) {
    this.port = port
  }

  static async open (owner: Owner): Promise<Slot> {
    let user: () => SlotUser | undefined = () => undefined
    const appPort = await listen(owner, socket => {
      const now = user()
      if (now === undefined) socket.destroy()
      else now.onAppConnection(socket)
    })
    const slot = new Slot(await proxyPort(owner, appPort))
    user = () => slot.#user
    return slot
  }

  use (user: SlotUser | undefined): void {
    this.#user = user
    this.dropIntercepts()
  }

  addIntercepts (): void {
    this.#intercepts = INTERCEPTED_IDS.map(value => this.port.interceptStreams(value, stream => {
      if (this.#user === undefined) throw new Error('Nobody uses this slot')
      this.#user.onStream(stream, value)
    }))
  }

  /** Requests that are being answered stay where they are. */
  dropIntercepts (): void {
    for (const { route } of this.#intercepts) this.port.routes.remove(route)
    this.#intercepts = []
  }
}
