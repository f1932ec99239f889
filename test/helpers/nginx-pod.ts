import { apply, getJson, kubectl } from './kube.ts'
import { FIXTURES_IMAGE, type Pod } from './workload.ts'

/** Starts nginx in a pod without a sidecar; these lines, listening on 8080, are its `http` block. Returns its URL. */
export async function startNginx (namespace: string, http: string): Promise<string> {
  const metadata = { name: 'nginx', namespace, labels: { 'waylay.dev/inject': 'disabled' } }
  await apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { 'nginx.conf': configuration(http) } }, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata,
    spec: {
      terminationGracePeriodSeconds: 0,
      containers: [{
        name: 'nginx',
        image: FIXTURES_IMAGE,
        command: ['nginx', '-c', '/etc/ours/nginx.conf', '-e', '/dev/stderr'],
        readinessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1 },
        volumeMounts: [{ name: 'configuration', mountPath: '/etc/ours' }]
      }],
      volumes: [{ name: 'configuration', configMap: { name: 'nginx' } }]
    }
  })
  await kubectl(['-n', namespace, 'wait', '--for=condition=Ready', 'pod/nginx', '--timeout=60s'])
  const { status } = await getJson<Pod>(['-n', namespace, 'pod', 'nginx'])
  return `http://${status.podIP ?? ''}:8080`
}

// It runs as nobody: everything it writes goes to /tmp.
function configuration (http: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(name => `${name}_temp_path /tmp/${name};`)
  return `daemon off; worker_processes 1; pid /tmp/nginx.pid; error_log /dev/stderr warn;
events { worker_connections 1024; }
http { access_log off; ${temporary.join(' ')}
${http}
}
`
}
