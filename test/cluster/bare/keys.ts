import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { run } from '../run.ts'
import { families, names } from './plan.ts'

/** One certificate: who it stands for, and the names it answers to when it is a server's. */
export type CertificateWish = {
  readonly file: string
  readonly commonName: string
  readonly organization?: string
  readonly serverNames?: readonly string[]
}

const nodeNames = [
  `DNS:${names.node}`, 'DNS:localhost', 'IP:127.0.0.1', 'IP:::1', ...families.map(({ node }) => `IP:${node}`)
]

/** Everybody who speaks to the API server, and the two servers, by the names that RBAC's default bindings know. */
export const certificateWishes: readonly CertificateWish[] = [
  {
    file: 'apiserver',
    commonName: 'kube-apiserver',
    serverNames: [
      ...['kubernetes', 'kubernetes.default', 'kubernetes.default.svc', 'kubernetes.default.svc.cluster.local']
        .map(name => `DNS:${name}`),
      ...families.map(({ apiService }) => `IP:${apiService}`),
      ...nodeNames
    ]
  },
  { file: 'kubelet-server', commonName: names.node, serverNames: nodeNames },
  { file: 'kubelet', commonName: `system:node:${names.node}`, organization: 'system:nodes' },
  { file: 'apiserver-kubelet-client', commonName: 'kube-apiserver-kubelet-client', organization: 'system:masters' },
  { file: 'admin', commonName: 'waylay-test-admin', organization: 'system:masters' },
  { file: 'controller-manager', commonName: 'system:kube-controller-manager' },
  { file: 'scheduler', commonName: 'system:kube-scheduler' },
  { file: 'kube-proxy', commonName: 'system:kube-proxy' },
  { file: 'coredns', commonName: 'waylay-test-dns' }
]

// P-256: RSA keys cost seconds, these cost milliseconds.
const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']

/** Makes the authority, all certificates and the service account key in a folder. They live as long as the cluster. */
export async function makeKeys (folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await run('openssl', ['req', '-x509', ...newKey, '-days', '3650', '-subj', '/CN=waylay-test-ca',
    '-addext', 'keyUsage=critical,keyCertSign,digitalSignature',
    '-keyout', join(folder, 'ca.key'), '-out', join(folder, 'ca.crt')])
  await Promise.all([
    run('openssl', ['ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', join(folder, 'service-account.key')]),
    ...certificateWishes.map(wish => run('openssl', certificateArgs(wish, folder)))
  ])
}

/** The command line that makes one key and has the authority sign for it. */
export function certificateArgs (wish: CertificateWish, folder: string): readonly string[] {
  const subject = (wish.organization ? `/O=${wish.organization}` : '') + `/CN=${wish.commonName}`
  const purpose = wish.serverNames
    ? ['-addext', 'extendedKeyUsage=serverAuth', '-addext', `subjectAltName=${wish.serverNames.join(',')}`]
    : ['-addext', 'extendedKeyUsage=clientAuth']
  return ['req', '-x509', ...newKey, '-days', '3650', '-subj', subject,
    '-CA', join(folder, 'ca.crt'), '-CAkey', join(folder, 'ca.key'),
    '-addext', 'basicConstraints=critical,CA:FALSE', '-addext', 'keyUsage=critical,digitalSignature', ...purpose,
    '-keyout', join(folder, `${wish.file}.key`), '-out', join(folder, `${wish.file}.crt`)]
}
