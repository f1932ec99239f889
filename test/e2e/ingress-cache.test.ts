import { createServer } from 'node:http'
import test, { type ExecutionContext } from 'ava'
import { answerCacheable } from './fixtures/cacheable.ts'
import { startCaller, type CallerAnswer } from '../helpers/caller-pod.ts'
import { listen } from '../helpers/listening.ts'
import { mountProgram } from '../helpers/mounted-program.ts'
import { makeNamespace } from '../helpers/namespace.ts'
import { startNginx } from '../helpers/nginx-pod.ts'
import { throughProxy } from '../helpers/through-proxy.ts'
import { startIntercept } from '../helpers/waylay.ts'
import { deployApp, type Pod } from '../helpers/workload.ts'

const MARIA = { 'x-waylay-id': 'maria-12345678' }
const ROUNDS = 20

// Keyed by the path alone, so that only the response's own headers can keep it out; "any" would keep failures too.
const CACHED = `proxy_cache all; proxy_cache_key $uri; proxy_cache_valid any 10m; proxy_cache_lock off;
    add_header x-cache $upstream_cache_status always; proxy_cache_use_stale error timeout http_502 http_503;`

/** HTTP/1.0 without keep-alive is nginx's default; with keep-alive its connections carry requests of many callers. */
const INGRESS = (app: string): string => `
  proxy_cache_path /tmp/cache keys_zone=all:10m;
  upstream app { server ${app}; keepalive 4; }
  server { listen 8080; listen [::]:8080;
    location /old/ { proxy_pass http://${app}; ${CACHED} }
    location /new/ { proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Connection ""; ${CACHED} }
    location /plain/ { proxy_pass http://${app}; }
  }`

test('a cache in front never hands a diverted response to an unmarked caller', async t => {
  const namespace = await makeNamespace(t)
  const [pod] = await deployApp(namespace, { program: await mountProgram(namespace, 'cacheable-app.ts') }) as [Pod]
  await throughProxy(pod)
  const [caller, nginx] = await Promise.all([startCaller(t, namespace), startNginx(namespace, INGRESS(`app.${namespace}`))])
  const port = await startCacheable(t, 'maria')
  const intercept = await startIntercept(t, ['app', '-n', namespace, '--port', String(port), '--id', MARIA['x-waylay-id']])
  const ask = async (path: string, headers = {}): Promise<Seen> => seenBy(await caller.request(nginx + path, headers))
  const marked = { by: 'maria', diverted: true }
  const unmarked = { by: 'app', diverted: false }
  let hits = 0

  for (const version of ['old', 'new', 'plain']) {
    for (let round = 0; round < ROUNDS; round++) {
      const path = `/${version}/${round % 2 === 0 ? 'found' : 'missing'}-${round}`
      // The developer's answer first, twice: a cache that kept it would hand it to the next one.
      t.like(await ask(path, MARIA), marked, path)
      t.like(await ask(path, MARIA), marked, `${path}, not kept even for its own developer`)
      t.like(await ask(path), unmarked, path)
      const again = await ask(path)
      t.like(again, unmarked, path)
      if (again.cache === 'HIT') hits++
      // At the same time, on connections that carry both.
      const together = `${path}-together`
      const answers = await Promise.all(Array.from({ length: 8 }, async (_, index) =>
        await ask(together, index % 2 === 0 ? MARIA : {})))
      for (const [index, answer] of answers.entries()) {
        if (index % 2 === 1) t.like(answer, unmarked, together)
      }
      t.like(await ask(together), unmarked, together)
    }
  }
  t.is(hits, 2 * ROUNDS, 'the app\'s own answers are kept as ever')
  t.log(`${3 * ROUNDS} paths, each marked first, unmarked after and both together: no unmarked caller saw maria; ` +
    `the app's answers were kept in ${hits} of ${2 * ROUNDS} cases`)
  t.is((await intercept.stop()).exitCode, 0)
})

test('our own failures are not kept by a cache in front', async t => {
  const namespace = await makeNamespace(t)
  const [pod] = await deployApp(namespace, { program: await mountProgram(namespace, 'cacheable-app.ts') }) as [Pod]
  await throughProxy(pod)
  const [caller, nginx] = await Promise.all([startCaller(t, namespace), startNginx(namespace, INGRESS(`app.${namespace}`))])
  await startIntercept(t, ['app', '-n', namespace, '--port', '1', '--id', MARIA['x-waylay-id']])

  for (const path of ['/old/a', '/new/a', '/plain/a']) {
    const failed = await caller.request(nginx + path, MARIA)
    t.is(failed.status, 502, path)
    t.is(failed.headers['x-waylay-error'], 'WAYLAY_DEVELOPER_REFUSED', path)
    const answer = await caller.request(nginx + path)
    t.is(answer.json.answeredBy, 'app', path)
  }
})

type Seen = { readonly by: string | undefined, readonly diverted: boolean, readonly cache: unknown }

function seenBy ({ json, headers }: CallerAnswer): Seen {
  return { by: json.answeredBy, diverted: headers['x-waylay-diverted-to'] !== undefined, cache: headers['x-cache'] }
}

async function startCacheable (t: ExecutionContext, name: string): Promise<number> {
  return await listen(t, createServer(answerCacheable(name)))
}
