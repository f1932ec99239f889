import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { SecureVersion, TLSSocket } from 'node:tls'
import { lingerAndClose } from '../close.ts'
import { ListenerSet } from '../listener-set.ts'
import { reset, splice } from '../../tunnel/splice.ts'
import { answerableVersions } from './answerable.ts'
import type { AppCertificate } from './certificates.ts'
import { ClientHelloReader, type ClientHello } from './client-hello.ts'
import { answerTls, secureApp, type TlsWish } from './secure.ts'
import { TlsDial } from './tls-dial.ts'
import type { TlsPort, UntouchedReason } from './tls-port.ts'

/** A connection whose TLS ends at the proxy: what flows in these streams is what the two sides mean. */
export type OpenedTls = {
  readonly caller: Duplex
  /** The first time the connection on which the app was asked; later ones are made with what was agreed on it. */
  readonly dialApp: () => Duplex
  /** What the app chose among the caller's protocols; undefined where either has no ALPN. */
  readonly alpn: string | undefined
}

/** A connection that is as the caller made it; the bytes that were read are in the caller's stream again. */
export type UntouchedTls = {
  /** Undefined where the caller speaks no TLS, or the app speaks first. */
  readonly reason: UntouchedReason | undefined
  readonly dialApp: () => Duplex
}

export type AcceptTlsDeps = {
  readonly port: TlsPort
  readonly dialTcp: () => Socket
  /** False where everything goes to a developer: the app is not dialled then, and nobody can be asked for ALPN. */
  readonly asksApp: boolean
  /** Both take over what they are given before they return. */
  readonly onOpened: (opened: OpenedTls) => void
  readonly onUntouched: (untouched: UntouchedTls) => void
}

/** What a caller may send behind its ClientHello while the app is being asked. */
const MAX_EARLY_BYTES = 64 * 1024

/**
 * Opens a caller's TLS, if it can be done without the caller seeing a difference: the app is asked first, with what the
 * caller asked for, and its certificate, protocol and version are what the caller gets. Where that is not possible the
 * caller's own bytes go to the app.
 *
 * @param caller a socket that has not begun to read.
 */
export function acceptTls (caller: Socket, deps: AcceptTlsDeps): void {
  new TlsCaller(caller, deps).start()
}

class TlsCaller {
  readonly #caller: Socket
  readonly #deps: AcceptTlsDeps
  readonly #listeners = new ListenerSet()
  readonly #reader = new ClientHelloReader()
  readonly #read: Buffer[] = []
  #readBytes = 0
  #hello: ClientHello | undefined
  /** The connection to the app, until TLS begins on it. */
  #app: Socket | undefined
  #secure: TLSSocket | undefined

  constructor (caller: Socket, deps: AcceptTlsDeps) {
    this.#caller = caller
    this.#deps = deps
  }

  start (): void {
    this.#listenToCaller()
    // Before the first byte, as without us: a refusal is felt at once, and a server that speaks first is heard.
    if (this.#deps.asksApp) this.#dial()
    this.#caller.resume()
  }

  #listenToCaller (): void {
    this.#listeners
      .on(this.#caller, 'data', (bytes: Buffer) => this.#onBytes(bytes))
      .on(this.#caller, 'end', () => this.#onCallerEnd())
      .on(this.#caller, 'error', () => this.#giveUp())
      .on(this.#caller, 'close', () => this.#giveUp())
  }

  #dial (): void {
    const app = this.#deps.dialTcp()
    this.#app = app
    this.#listeners
      .on(app, 'connect', () => this.#askApp())
      .on(app, 'data', (bytes: Buffer) => {
        app.pause()
        app.unshift(bytes)
        this.#leaveUntouched(undefined)
      })
      .on(app, 'end', () => this.#copy(app))
      .on(app, 'error', () => this.#giveUp())
      .on(app, 'close', () => this.#giveUp())
  }

  #onBytes (bytes: Buffer): void {
    this.#read.push(bytes)
    this.#readBytes += bytes.length
    if (this.#hello !== undefined) {
      if (this.#readBytes > MAX_EARLY_BYTES) this.#caller.pause()
      return
    }
    const hello = this.#reader.push(bytes)
    if (hello === 'partial') return
    if (hello === 'none') return this.#leaveUntouched(undefined)
    this.#hello = hello
    if (this.#deps.asksApp) this.#askApp()
    else this.#answerAlone(hello)
  }

  #onCallerEnd (): void {
    const app = this.#app
    // A caller that ended its side waits for nothing but what the app says to it.
    if (app !== undefined && this.#secure === undefined) return this.#copy(app)
    this.#detach()
    lingerAndClose(this.#caller)
    this.#dropApp()
  }

  #askApp (): void {
    const [hello, app] = [this.#hello, this.#app]
    if (hello === undefined || app === undefined || app.connecting || this.#secure !== undefined) return
    const wish = this.#wishOf(hello)
    if (typeof wish === 'string') return this.#leaveUntouched(wish)
    this.#listeners.clear()
    app.pause()
    const secure = secureApp(app, wish)
    this.#secure = secure
    const refused = (): void => this.#leaveUntouched('tls-app-refused')
    this.#listenToCaller()
    this.#listeners
      .on(secure, 'secureConnect', () => this.#judge(hello, secure))
      .on(secure, 'error', refused)
      .on(secure, 'close', refused)
  }

  #wishOf (hello: ClientHello): TlsWish | UntouchedReason {
    const { port } = this.#deps
    const certificate = port.certificates.newest
    if (certificate === undefined) return 'tls-no-secret'
    const versions = answerableVersions(hello, certificate.keyType)
    if (versions.length === 0) return 'tls-caller-unknown'
    return port.untouched(hello.serverName) ?? { serverName: hello.serverName, alpn: hello.alpn, versions }
  }

  /** The app answered: is it what we can be to the caller? */
  #judge (hello: ClientHello, secure: TLSSocket): void {
    // A client learns signature algorithms from a CertificateRequest alone (RFC 8446, 4.3.2; RFC 5246, 7.4.4).
    if (secure.getSharedSigalgs().length > 0) return this.#leaveAlone(hello, 'tls-client-certificate')
    const leaf = secure.getPeerX509Certificate()?.raw
    const certificate = leaf === undefined ? undefined : this.#deps.port.certificates.find(leaf)
    if (certificate === undefined) return this.#leaveAlone(hello, 'tls-other-certificate')
    const alpn = typeof secure.alpnProtocol === 'string' ? secure.alpnProtocol : undefined
    this.#answer(hello, { certificate, alpn, version: secure.getProtocol() as SecureVersion, secure })
  }

  #leaveAlone (hello: ClientHello, reason: UntouchedReason): void {
    this.#deps.port.leaveAlone(hello.serverName, reason)
    this.#leaveUntouched(reason)
  }

  // Programs on a laptop speak HTTP/1.1 before anything else.
  #answerAlone (hello: ClientHello): void {
    const certificate = this.#deps.port.certificates.newest
    const wish = this.#wishOf(hello)
    if (typeof wish === 'string') return this.#leaveUntouched(wish)
    if (certificate === undefined) return this.#leaveUntouched('tls-no-secret')
    const alpn = hello.protocols.includes('http/1.1') ? 'http/1.1' : hello.protocols[0]
    this.#answer(hello, { certificate, alpn, version: wish.versions.at(-1) ?? 'TLSv1.3' })
  }

  #answer (hello: ClientHello, { certificate, alpn, version, secure }: {
    readonly certificate: AppCertificate
    readonly alpn: string | undefined
    readonly version: SecureVersion
    readonly secure?: TLSSocket
  }): void {
    this.#detach()
    this.#putBack()
    const agreed: TlsWish = {
      serverName: hello.serverName,
      alpn: alpn === undefined ? undefined : Buffer.concat([Buffer.of(alpn.length), Buffer.from(alpn, 'latin1')]),
      versions: [version]
    }
    const caller = answerTls(this.#caller, certificate.contextFor(version), agreed.alpn)
    this.#handOver(secure, () => new TlsDial(this.#deps.dialTcp, agreed),
      dialApp => this.#deps.onOpened({ caller, dialApp, alpn }))
  }

  #leaveUntouched (reason: UntouchedReason | undefined): void {
    this.#detach()
    this.#putBack()
    const app = this.#secure === undefined ? this.#app : undefined
    if (app === undefined) this.#dropApp()
    this.#handOver(app, this.#deps.dialTcp, dialApp => this.#deps.onUntouched({ reason, dialApp }))
  }

  /** Gives a connection that stands to the first who dials, and ends it where nobody does. */
  #handOver (first: Socket | undefined, dial: () => Duplex, take: (dialApp: () => Duplex) => void): void {
    let waiting = first
    take(() => {
      const dialled = waiting ?? dial()
      waiting = undefined
      return dialled
    })
    if (waiting === undefined) return
    lingerAndClose(waiting)
    waiting = undefined
  }

  /** One of the two ended its side before there was TLS: nothing is read any more. */
  #copy (app: Socket): void {
    this.#detach()
    for (const bytes of this.#read) app.write(bytes)
    splice(this.#caller, app)
  }

  /** One of the two is gone: so is the other. */
  #giveUp (): void {
    this.#detach()
    this.#caller.on('error', () => {})
    reset(this.#caller)
    if (this.#app === undefined) return
    this.#app.on('error', () => {})
    reset(this.#app)
    // It would say that the app hung up.
    this.#secure?.on('error', () => {}).destroy()
  }

  #dropApp (): void {
    const app = this.#secure ?? this.#app
    app?.on('error', () => {})
    app?.destroy()
  }

  #detach (): void {
    this.#listeners.clear()
    this.#caller.pause()
    this.#app?.pause()
  }

  #putBack (): void {
    if (this.#readBytes > 0) this.#caller.unshift(Buffer.concat(this.#read))
  }
}
