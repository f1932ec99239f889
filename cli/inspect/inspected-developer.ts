import type { StreamHead } from '../../tunnel/control-messages.ts'
import type { Developer } from '../intercept/developer/developer.ts'
import type { Origin } from './exchange.ts'
import type { ExchangeLog } from './exchange-log.ts'
import { Http1Watch } from './watch/http1-watch.ts'
import { Http2Watch } from './watch/http2-watch.ts'
import { guard, type StreamWatch } from '../intercept/developer/stream-watch.ts'
import { TcpWatch } from './watch/tcp-watch.ts'

/** The developer's program, with everything that reaches it in the log. */
export function inspectedDeveloper (developer: Developer, log: ExchangeLog): Developer {
  return {
    ...developer,
    watch: ({ intercept, protocol, caller }: StreamHead, pod: string) =>
      watchStream(log, { intercept, protocol, caller: plain(caller.address), pod, developer })
  }
}

/** A watch on one connection to a program. */
export function watchStream (log: ExchangeLog, origin: Origin): StreamWatch {
  switch (origin.protocol) {
    case 'http/1.1': return guard(new Http1Watch(log, origin))
    case 'h2c': return guard(new Http2Watch(log, origin))
    case 'tcp': return guard(new TcpWatch(log, origin))
  }
}

/** An IPv4 caller on a listener for both families. */
function plain (address: string): string {
  return address.replace(/^::ffff:/, '')
}
