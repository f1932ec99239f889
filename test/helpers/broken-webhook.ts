import { makeAuthority, makeServing } from '../../webhook/certificates/x509.ts'
import { apply, getJson, kubectl } from './kube.ts'
import { FIXTURES_IMAGE } from './workload.ts'

const NAME = 'stand-in'

export type Configuration = { readonly webhooks: readonly Readonly<Record<string, unknown>>[] }

/** Something that stands in for the webhook: `answerBy` makes the API server ask it, in one of its ways. */
export type StandIn = { readonly answerBy: (way: string) => Promise<void> }

export async function readConfiguration (): Promise<Configuration> {
  return await getJson<Configuration>(['mutatingwebhookconfiguration', 'waylay'])
}

/** Starts test/e2e/fixtures/broken-webhook.ts behind a Service, with a certificate of its own. */
export async function startStandIn (namespace: string): Promise<StandIn> {
  const authority = await makeAuthority(Date.now())
  const { certificate, key } = await makeServing(authority, [`${NAME}.${namespace}.svc`], Date.now())
  const labels = { app: NAME }
  await apply({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: NAME, namespace, labels: { ...labels, 'waylay.dev/inject': 'disabled' } },
    spec: {
      terminationGracePeriodSeconds: 0,
      containers: [{
        name: NAME,
        image: FIXTURES_IMAGE,
        command: ['node', '/fixtures/broken-webhook.ts'],
        env: [{ name: 'CERTIFICATE', value: certificate }, { name: 'KEY', value: key }],
        readinessProbe: { tcpSocket: { port: 8443 }, periodSeconds: 1 }
      }]
    }
  }, {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: NAME, namespace },
    spec: { selector: labels, ports: [{ port: 443, targetPort: 8443 }] }
  })
  await kubectl(['-n', namespace, 'wait', '--for=condition=Ready', `pod/${NAME}`, '--timeout=60s'])
  const caBundle = Buffer.from(authority.certificate).toString('base64')
  return {
    answerBy: async way => {
      const clientConfig = { caBundle, service: { name: NAME, namespace, path: `/${way}`, port: 443 } }
      await patchConfiguration([{ op: 'replace', path: '/webhooks/0/clientConfig', value: clientConfig }])
    }
  }
}

/** Makes the configuration what it was when it was read. */
export async function restoreConfiguration ({ webhooks }: Configuration): Promise<void> {
  await patchConfiguration([{ op: 'replace', path: '/webhooks', value: webhooks }])
}

async function patchConfiguration (patch: readonly object[]): Promise<void> {
  await kubectl(['patch', 'mutatingwebhookconfiguration', 'waylay', '--type=json', '-p', JSON.stringify(patch)])
}
