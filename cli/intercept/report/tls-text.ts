import { ANNOTATIONS } from '../../../common/contract.ts'
import { isTlsPort } from '../../../common/injected.ts'
import type { AppPortChoice } from '../places/plan.ts'

const HOW = `annotate the pod with ${ANNOTATIONS.tlsSecret}: <the Secret with the app's certificate>`

/** What is said of a connection that nobody can look into, by the proxy's reason; undefined where it is not TLS. */
export function describeTls (reason: string): string | undefined {
  return TEXTS[reason]
}

const TEXTS: Readonly<Record<string, string | undefined>> = {
  tls: `A connection is TLS that ends in the app: waylay cannot look inside, and passes it on. To have it opened, ${HOW}.`,
  'tls-no-secret': `A connection is passed on unread: the Secret that ${ANNOTATIONS.tlsSecret} names is missing, or holds no tls.crt with its tls.key.`,
  'tls-other-certificate': `A connection is passed on unread: the app shows another certificate than the Secret that ${ANNOTATIONS.tlsSecret} names. If that was renewed, restart the app.`,
  'tls-client-certificate': 'A connection is passed on unread: the app asks its callers for a certificate, which nobody can show in their place.',
  'tls-app-refused': 'A connection is passed on unread: the app did not answer our TLS; its caller got the app\'s own answer.',
  'tls-caller-unknown': 'A connection is passed on unread: its caller speaks only TLS that is too old for us.'
}

/** A warning before the first request, where the port is going to carry TLS that nobody opens. */
export function warnOfTls (port: AppPortChoice, appProtocol: string | undefined): string | undefined {
  if (port.tlsSecret !== undefined || !(isTlsPort(port) || appProtocol?.toLowerCase() === 'https')) return undefined
  return `Warning: port ${port.port} looks like TLS that ends in the app. waylay cannot look inside and passes it on; to have it opened, ${HOW}.`
}

/** The same for a port that is to be opened, in a pod that has no certificate. */
export function warnOfNoSecret (pod: string, port: number): string {
  return `Warning: pod ${pod} has no certificate for port ${port}: the Secret that ${ANNOTATIONS.tlsSecret} names is missing, or holds no tls.crt with its tls.key. TLS is passed on unread until it does.`
}
