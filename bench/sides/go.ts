import { join } from 'node:path'
import { APP_PORT, CORES, POD_ADDRESS } from '../pod.ts'
import { PEER_PORT, type Side } from './side.ts'

/** Go's ReverseProxy with its default transport: what stands on the way in Telepresence when a header is matched. */
export const go: Side = {
  name: 'go',
  about: 'httputil.ReverseProxy, default transport, GOMAXPROCS=1',
  missing: ({ go }) => go === undefined ? 'Go is not installed' : undefined,
  start: async ({ pod, paths }) => {
    const process = await pod.spawn('pod', [
      join(paths.go ?? '', 'reverse-proxy'), `:${PEER_PORT}`, `http://${POD_ADDRESS}:${APP_PORT}`
    ], { core: CORES.side, env: { GOMAXPROCS: '1' }, readyWhen: 'listening' })
    pod.redirect(PEER_PORT)
    return { process, listener: PEER_PORT }
  }
}
