import test, { type ExecutionContext } from 'ava'
import { isTokenOf, previewName, type Preview } from '../../../intercepts/preview.ts'
import { forbid, startEnvironmentApi, type EnvironmentApi, type Stored } from '../helpers/environment-api.ts'
import { fitsSchema } from '../helpers/fits-schema.ts'
import { writeKubeconfig } from '../helpers/kubeconfig.ts'
import { runToEnd } from '../helpers/run-cli.ts'

type Printed = {
  readonly preview: { readonly url: string, readonly name: string, readonly expiresAt: string } | null
  readonly urls: readonly object[]
}

async function open (t: ExecutionContext) {
  const api = await startEnvironmentApi(t)
  const kubeconfig = await writeKubeconfig(t, api.url)
  api.putEnvironment('pr-1')
  api.put('deployments', 'payments', { spec: { selector: { matchLabels: { app: 'payments' } } } })
  api.put('pods', 'payments-1', { labels: { app: 'payments' }, spec: { containers: [{ name: 'app', ports: [{ containerPort: 8080, name: 'http' }] }] } })
  const ports = [{ port: 80, targetPort: 'http' }]
  api.put('services', 'payments', { spec: { selector: { app: 'payments' }, clusterIP: '10.96.0.7', ports } })
  api.put('services', 'frontend', { spec: { selector: { app: 'frontend' }, clusterIP: '10.96.0.8', ports } })
  const url = async (...args: readonly string[]) => await runToEnd(t, ['env', 'url', 'pr-1', ...args, '--kubeconfig', kubeconfig])
  const ask = async (...args: readonly string[]) => fitsSchema(t, (await url('-o', 'json', ...args)).stdout, 'env-url') as Printed
  return { api, url, ask }
}

/** As the webhook of a cluster with a gateway does. */
function withGateway (api: EnvironmentApi): void {
  api.instead.set('PUT intercepts/i-pr-1', (_request, response, body) => {
    const { spec, ...rest } = body as Stored & { readonly spec: { readonly previews: readonly Preview[] } }
    const previews = spec.previews.map(preview => ({ ...preview, domain: 'preview.example.com' }))
    const stored = api.put('intercepts', 'i-pr-1', { ...rest, spec: { ...spec, previews } })
    api.changes.push('PUT intercepts/i-pr-1')
    response.end(JSON.stringify(stored))
  })
}

function previewsOf (api: EnvironmentApi): readonly Preview[] {
  return (api.objects.get('shop/intercepts/i-pr-1')?.spec as { readonly previews?: readonly Preview[] }).previews ?? []
}

/** A cluster without a gateway, or a namespace that allows none. */
const deny = (api: EnvironmentApi, words: string): void => {
  api.instead.set('PUT intercepts/i-pr-1', (_request, response) => {
    response.writeHead(403).end(JSON.stringify({ message: `admission webhook "intercepts.waylay.dev" denied the request: ${words}` }))
  })
}

test('url shows the header, its baggage and a request of the cluster', async t => {
  const { api, url } = await open(t)
  deny(api, 'WAYLAY_PREVIEW_NO_GATEWAY: This cluster has no preview gateway. Ask an administrator')

  const { stdout, stderr, exitCode } = await url()

  t.is(exitCode, 0)
  t.is(stdout, [
    'Header:   x-waylay-id: pr-1-3fk27d4a',
    'Baggage:  baggage: waylay-id=pr-1-3fk27d4a',
    'In the cluster, to deployment/payments:  curl -H \'x-waylay-id: pr-1-3fk27d4a\' http://payments.shop/'
  ].join('\n'))
  t.is(stderr, 'No link for browsers: this cluster has no preview gateway.')
})

test('a link is written onto the companion\'s intercept, and is the same again', async t => {
  const { api, ask, url } = await open(t)
  withGateway(api)

  const first = await ask()
  const token = new URL(first.preview?.url ?? '').host.split('.')[0] ?? ''
  t.like(first.preview, { name: previewName(token), service: 'payments', port: 80 })
  const [stored] = previewsOf(api)
  const holder = { namespace: 'shop', intercept: 'i-pr-1', owner: 'system:serviceaccount:shop:waylay-env-pr-1' }
  t.true(isTokenOf(stored?.tokenDigest ?? '', token, holder))

  t.deepEqual((await ask()).preview, first.preview)
  t.regex((await url()).stdout, /^Link: {5}https:\/\/[a-z2-7]{26}\.preview\.example\.com\/$/m)
  t.deepEqual(api.changes, ['PUT intercepts/i-pr-1'])
})

test('after its companion made the intercept anew the same link is written again', async t => {
  const { api, ask } = await open(t)
  withGateway(api)
  const first = await ask()
  api.putIntercept('pr-1', api.objects.get('shop/environments/pr-1') as Stored)

  t.is((await ask()).preview?.url, first.preview?.url)
  t.is(previewsOf(api).length, 1)
})

test('a link of an environment that was extended lives longer when asked again', async t => {
  const { api, ask } = await open(t)
  withGateway(api)
  const first = await ask()
  const root = api.objects.get('shop/environments/pr-1') as Stored
  api.put('environments', 'pr-1', { ...root, spec: { ...root.spec, expiresAt: new Date(Date.now() + 9 * 86_400_000).toISOString() } })

  const second = await ask()

  t.is(second.preview?.url, first.preview?.url)
  t.is(Math.round((Date.parse(second.preview?.expiresAt ?? '') - Date.now()) / 86_400_000), 7, 'no link lives longer than 7 days')
  t.is(previewsOf(api).length, 1)
})

test('another Service has a link of its own, also one that has no copy', async t => {
  const { api, ask, url } = await open(t)
  withGateway(api)

  const [own, other] = [await ask(), await ask('--service', 'frontend')]

  t.not(own.preview?.url, other.preview?.url)
  t.like(other.preview, { service: 'frontend', port: 80 })
  t.is(previewsOf(api).length, 2)
  t.is((await url('--service', 'nothing')).exitCode, 5)
})

test('without rights, consent or a companion there is no link, and all else', async t => {
  const { api, ask, url } = await open(t)
  deny(api, 'WAYLAY_FORBIDDEN: The namespace shop does not say waylay.dev/previews: allow. Have it allowed')
  t.is((await ask()).preview, null)
  t.regex((await url()).stderr, /^No link for browsers: The namespace shop does not say/)

  api.instead.clear()
  api.remove('intercepts', 'i-pr-1')
  const alone = await url()
  t.is(alone.exitCode, 0)
  t.regex(alone.stderr, /No link for browsers: The companion of shop\/pr-1 holds no intercept now/)

  for (const plural of ['intercepts', 'pods', 'services', 'deployments/payments']) api.instead.set(`GET ${plural}`, forbid)
  t.deepEqual((await ask()).urls, [])
})

test('a header of one\'s own has no baggage', async t => {
  const { api, url, ask } = await open(t)
  api.putEnvironment('pr-1', { header: 'x-tenant' })

  t.like(await ask(), { header: 'x-tenant', baggage: null })
  t.notRegex((await url()).stdout, /Baggage/)
})
