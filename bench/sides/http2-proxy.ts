import { join } from 'node:path'
import { APP_PORT, CORES, POD_ADDRESS } from '../pod.ts'
import { PEER_PORT, type Side } from './side.ts'

const SERVER = join(import.meta.dirname, '..', 'programs', 'http2-proxy-server.ts')

export const http2Proxy: Side = {
  name: 'http2-proxy',
  about: 'a plain server with its web() function, Node\'s default agent',
  start: async ({ pod }) => {
    const process = await pod.spawn('pod', [
      globalThis.process.execPath, SERVER, String(PEER_PORT), POD_ADDRESS, String(APP_PORT)
    ], { core: CORES.side, readyWhen: 'listening' })
    pod.redirect(PEER_PORT)
    return { process, listener: PEER_PORT }
  }
}
