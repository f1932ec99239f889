import { startNginx, type AppProtocol } from '../app.ts'
import { APP_PORT, CORES, POD_ADDRESS } from '../pod.ts'
import { FOREIGN_VALUE, PEER_PORT, type Side, type SideName, type Stand } from './side.ts'

/** Room for a whole large response, written in large pieces and never to a file. */
const TUNED_BUFFERS = [
  'proxy_buffer_size 64k;', 'proxy_buffers 32 64k;', 'proxy_busy_buffers_size 512k;', 'proxy_max_temp_file_size 0;'
]

/** As a header-routing proxy: a map chooses who answers, connections to the app are kept. */
export const nginx = side('nginx', 'one worker, map on the routing header, default buffers (proxy_buffers 8 4k)', [])

export const nginxTuned = side('nginx-tuned', `one worker, ${TUNED_BUFFERS.join(' ')}`, TUNED_BUFFERS)

function side (name: SideName, about: string, buffers: readonly string[]): Side {
  return {
    name,
    about,
    start: async stand => {
      const process = await startNginx(stand.pod, 'side', server(stand, buffers), CORES.side, PEER_PORT)
      stand.pod.redirect(PEER_PORT)
      return { process, listener: PEER_PORT }
    }
  }
}

function server ({ protocol, connectsEachTime }: Stand, buffers: readonly string[]): string {
  const keep = connectsEachTime ? '' : 'keepalive 256; keepalive_requests 1000000000; keepalive_timeout 1h;'
  return `
  map $http_x_waylay_id $who { default app; "${FOREIGN_VALUE}" developer; }
  upstream app { server ${POD_ADDRESS}:${APP_PORT}; ${keep} }
  upstream developer { server 127.0.0.1:9; }
  server {
    listen ${PEER_PORT}${protocol === 'grpc' ? ' http2' : ''} backlog=8192;
    ${buffers.join('\n    ')}
    ${locations(protocol, connectsEachTime)}
  }`
}

function locations (protocol: AppProtocol, connectsEachTime: boolean): string {
  if (protocol === 'grpc') {
    return `http2_max_concurrent_streams 1000;
    location / { grpc_pass grpc://$who; grpc_set_header Host $http_host; }`
  }
  return `location / {
      proxy_pass http://$who;
      proxy_http_version 1.1;
      proxy_set_header Connection "${connectsEachTime ? 'close' : ''}";
      proxy_set_header Host $http_host;
    }`
}
