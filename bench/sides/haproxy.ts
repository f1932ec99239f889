import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { listening } from '../app.ts'
import { APP_PORT, CORES, POD_ADDRESS } from '../pod.ts'
import { FOREIGN_VALUE, PEER_PORT, type Side, type Stand } from './side.ts'

export const haproxy: Side = {
  name: 'haproxy',
  about: 'one thread, a rule on the routing header, connections to the app reused',
  missing: ({ haproxy }) => haproxy ? undefined : 'haproxy could not be installed',
  start: async stand => {
    const { pod } = stand
    const file = join(pod.folder, 'haproxy.cfg')
    writeFileSync(file, config(stand))
    const process = await pod.spawn('pod', ['haproxy', '-db', '-f', file], { core: CORES.side })
    await listening(pod, process.pid, PEER_PORT)
    pod.redirect(PEER_PORT)
    return { process, listener: PEER_PORT }
  }
}

function config ({ connectsEachTime }: Stand): string {
  return `global
  nbthread 1
  # Each connection of a caller may need one to the app; its own limit would be taken from the process's descriptors.
  maxconn 9900
defaults
  mode http
  timeout connect 5s
  timeout client 1h
  timeout server 1h
  option ${connectsEachTime ? 'httpclose' : 'http-keep-alive'}
frontend callers
  bind :${PEER_PORT} backlog 8192
  use_backend developer if { hdr(x-waylay-id) -m str ${FOREIGN_VALUE} }
  default_backend app
backend app
  server app ${POD_ADDRESS}:${APP_PORT}
backend developer
  server developer 127.0.0.1:9
`
}
