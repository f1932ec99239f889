import { X509Certificate } from 'node:crypto'
import type { Server } from 'node:https'
import { createAlarm } from './certificates/alarm.ts'
import { createCheck, type CheckDeps } from './certificates/check.ts'
import { keepKeys } from './certificates/keeper.ts'
import { readSupplied } from './certificates/supplied.ts'
import { readSuppliedEntries, secretStore } from './cluster/secret.ts'
import type { WatchDeps } from './cluster/watch-facts.ts'
import { watchNamed, type Named } from './cluster/watch-named.ts'
import { readBundle } from './cluster/webhook-configuration.ts'
import type { Parts } from './parts.ts'
import { serveWith } from './server.ts'

const SECRET_NAME = 'waylay-webhook'
const CONFIGURATION_NAME = 'waylay'

/**
 * Keeps Secret, webhook configuration and served certificate level until the signal fires. Never rejects.
 *
 * @param dnsNames of our Service; the API server calls us by the first.
 */
export async function keepCertificates (
  parts: Parts, server: Server, dnsNames: readonly string[], watchDeps: WatchDeps, signal: AbortSignal
): Promise<void> {
  const { cluster, settings, log } = parts
  const alarm = createAlarm(watchDeps.wait)
  const watched: readonly Named[] = [
    secretNamed(settings.namespace, SECRET_NAME),
    {
      path: '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations',
      resource: 'mutatingwebhookconfigurations',
      name: CONFIGURATION_NAME
    },
    ...settings.certificateSecret === undefined ? [] : [secretNamed(settings.namespace, settings.certificateSecret)]
  ]
  await Promise.all([
    keepKeys({ check: createCheck(checkDeps(parts, server, dnsNames)), wait: alarm.wait, log }, signal),
    ...watched.map(async named => { await watchNamed(cluster, named, alarm.ring, watchDeps, signal) })
  ])
}

function checkDeps (
  { cluster, installation, metrics, settings, log }: Parts, server: Server, dnsNames: readonly string[]
): CheckDeps {
  const { namespace, certificateSecret: supplied } = settings
  const [dnsName = ''] = dnsNames
  return {
    store: secretStore(cluster, namespace, SECRET_NAME),
    readBundle: () => readBundle(cluster, CONFIGURATION_NAME),
    ...(supplied !== undefined && {
      readSupplied: async () =>
        readSupplied(supplied, await readSuppliedEntries(cluster, namespace, supplied), dnsName, cluster.serverNowMs())
    }),
    dnsNames,
    nowMs: cluster.serverNowMs,
    monotonicMs: () => performance.now(),
    useKeys: keys => {
      installation.useKeys(keys)
      metrics.certificateEnds('authority', endOf(keys.authority.certificate))
    },
    serve: ({ pair }) => {
      installation.useCertificate(pair.certificate)
      metrics.certificateEnds('serving', endOf(pair.certificate))
      serveWith(server, pair)
    },
    onTrust: installation.setTrusted,
    log
  }
}

function secretNamed (namespace: string, name: string): Named {
  return { path: `/api/v1/namespaces/${namespace}/secrets`, resource: 'secrets', name }
}

function endOf (certificate: string): number {
  return new X509Certificate(certificate).validToDate.getTime()
}
