import test from 'ava'
import { startCaller } from '../helpers/caller-pod.ts'
import { eventually, getJson, tryKubectl } from '../helpers/kube.ts'
import { makeNamespace } from '../helpers/namespace.ts'
import { deployApp, isReady, type Pod } from '../helpers/workload.ts'

test('a scraper without our authority reads the webhook\'s figures from another pod', async t => {
  const [namespace, plain] = await Promise.all([makeNamespace(t), makeNamespace(t, { inject: false })])
  const scraper = await startCaller(t, plain)
  await deployApp(namespace)
  const { stderr } = await tryKubectl(
    ['-n', namespace, 'run', 'host', '--image=x', '--dry-run=server', '--overrides', '{"spec":{"hostNetwork":true}}'])
  t.regex(stderr, /hostNetwork/)
  const text = await eventually('both replicas have their facts', async () => {
    const { items: all } = await getJson<{ items: readonly Pod[] }>(['-n', 'waylay-system', 'pods'])
    const items = all.filter(pod => pod.metadata.deletionTimestamp === undefined && isReady(pod))
    if (items.length !== 2) return undefined
    const answers = await Promise.all(items.map(({ status }) => scraper.request(`http://${status.podIP}:9090/metrics`)))
    const texts = answers.map(({ body }) => body)
    return texts.every(one => !/^waylay_webhook_facts_synced\{.*\} 0$/m.test(one)) ? texts.join('\n') : undefined
  })

  const sum = (start: string): number => text.split('\n').filter(line => line.startsWith(start))
    .reduce((total, line) => total + Number(line.split(' ').at(-1)), 0)
  t.true(sum('waylay_webhook_pod_admissions_total{result="injected"') >= 1)
  t.true(sum('waylay_webhook_pod_admissions_total{result="skipped",reason="host-network"}') >= 1)
  t.is(text.match(/^waylay_webhook_facts_synced\{facts="\w+"\} 1$/gm)?.length, 12)
  for (const certificate of ['authority', 'serving']) {
    const line = new RegExp(`^waylay_webhook_certificate_expiry_timestamp_seconds\\{certificate="${certificate}"\\} (\\S+)$`, 'm')
    t.true(Number(line.exec(text)?.[1]) * 1000 > Date.now(), certificate)
  }
  const seconds = sum('waylay_webhook_answer_duration_seconds_sum{about="pod"}')
  const count = sum('waylay_webhook_answer_duration_seconds_count{about="pod"}')
  t.log(`${count} answers about pods took ${(seconds / count * 1000).toFixed(2)} ms each`)
})
