import test from 'ava'
import { startCaller } from '../helpers/caller-pod.ts'
import { allGone, envUp } from '../helpers/environments.ts'
import { kubectl } from '../helpers/kube.ts'
import { makeNamespace } from '../helpers/namespace.ts'
import { startProgram } from '../helpers/program.ts'
import { startIntercept } from '../helpers/waylay.ts'
import { deployApp, urlOf } from '../helpers/workload.ts'

const ORIGINAL = { env: [{ name: 'NAME', value: 'original' }] }

test('three environments and a developer stand beside each other on one workload', async t => {
  const namespace = await makeNamespace(t)
  const [pods, caller, maria] = await Promise.all([
    deployApp(namespace, { ...ORIGINAL, replicas: 2 }), startCaller(t, namespace), startProgram(t, 'maria')
  ])

  const first = await envUp(namespace, 'pr-1', 'version 1')
  t.log(`up to the first marked answer: ${first.firstAnswerMs} ms\n${first.stderr}`)
  const others = await Promise.all(['2', '3'].map(async number => await envUp(namespace, `pr-${number}`, `version ${number}`)))
  t.log(`two more at once: ${others.map(({ firstAnswerMs }) => firstAnswerMs).join(' and ')} ms`)
  const developer = await startIntercept(t, ['app', '-n', namespace, '--port', String(maria.port), '--id', 'maria-12345678'])

  for (const pod of pods) {
    const answers = async (headers: Readonly<Record<string, string>>): Promise<unknown> =>
      (await caller.request(urlOf(pod), headers)).json.answeredBy
    t.is(await answers({}), 'original')
    t.is(await answers({ 'x-waylay-id': 'pr-1-aaaaaaaa' }), 'original', 'a value that nobody holds')
    t.is(await answers({ 'x-waylay-id': 'maria-12345678' }), 'maria')
    for (const [index, { headers }] of [first, ...others].entries()) t.is(await answers(headers), `version ${index + 1}`)
  }
  await developer.stop()

  const table = await kubectl(['-n', namespace, 'get', 'environments'])
  t.log(table)
  t.regex(table, /NAME +VALUE +WORKLOADS +PHASE +EXPIRES +AGE\n/)
  t.regex(table, /pr-1 +pr-1-\S{8} +deployment\/app +Ready +/)
  await kubectl(['-n', namespace, 'delete', 'environment', 'pr-1', '--wait=false'])
  await allGone(namespace, 'pr-1')
  for (const pod of pods) t.is((await caller.request(urlOf(pod), first.headers)).json.answeredBy, 'original')
})
