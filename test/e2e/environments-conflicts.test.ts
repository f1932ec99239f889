import test from 'ava'
import { allGone, envUp, startEnvUp, tryEnvUp, whatIsLeft } from '../helpers/environments.ts'
import { makeStranger } from '../helpers/identity.ts'
import { apply, eventually, kubectl, tryKubectl } from '../helpers/kube.ts'
import { makeNamespace } from '../helpers/namespace.ts'
import { deployApp } from '../helpers/workload.ts'

const ORIGINAL = { env: [{ name: 'NAME', value: 'original' }] }
const APP = ['--workload', 'app']

test('whoever has the role makes one; without it the missing right is named', async t => {
  const namespace = await makeNamespace(t)
  const [kubeconfig] = await Promise.all([makeStranger(t, namespace, 'ci'), deployApp(namespace, ORIGINAL)])

  const refused = await tryEnvUp(namespace, 'pr-1', APP, { kubeconfig })
  t.is(refused.exitCode, 3)
  t.regex(refused.stderr, /rolebinding[^]*WAYLAY_FORBIDDEN/)

  await kubectl(['-n', namespace, 'create', 'rolebinding', 'ci', '--clusterrole=waylay-environments',
    `--serviceaccount=${namespace}:ci`])
  const stood = await envUp(namespace, 'pr-1', 'version 1', [], { kubeconfig })
  t.is(stood.phase, 'Ready')
})

test('what has the name already and is nobody of ours is left alone', async t => {
  const namespace = await makeNamespace(t)
  await deployApp(namespace, ORIGINAL)
  const mine = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'waylay-env-pr-1', namespace }, data: { mine: 'yes' } }
  await apply(mine)

  const refused = await tryEnvUp(namespace, 'pr-1', APP)

  t.is(refused.exitCode, 6)
  t.regex(refused.stderr, /waylay-env-pr-1[^]*WAYLAY_ENVIRONMENT_TAKEN/)
  t.deepEqual(await whatIsLeft(namespace, 'pr-1'), [])
  t.is(await kubectl(['-n', namespace, 'get', 'configmap', 'waylay-env-pr-1', '-o', 'jsonpath={.data.mine}']), 'yes')
})

test('two commands at once and one that is stopped leave one environment or none', async t => {
  const namespace = await makeNamespace(t)
  await Promise.all([deployApp(namespace, ORIGINAL), deployApp(namespace, { ...ORIGINAL, name: 'other' })])

  const hasCopy = async (name: string): Promise<true> => await eventually(`the copy of ${name} is there`, async () =>
    (await tryKubectl(['-n', namespace, 'get', 'deployment', `app-${name}`])).exitCode === 0 ? true : undefined)
  const killed = await startEnvUp(t, namespace, 'pr-3', [...APP, '--ttl', '20s'])
  await hasCopy('pr-3')
  killed.kill('SIGKILL')

  const both = await Promise.all(['1', '2'].map(async number =>
    await tryEnvUp(namespace, 'pr-1', [...APP, '--env', `NAME=${number}`])))
  const codes = both.map(({ exitCode }) => exitCode).sort()
  t.true(codes[0] === 0, both.map(({ stderr }) => stderr).join('\n'))
  t.true(codes[1] === 0 || codes[1] === 6, both.map(({ stderr }) => stderr).join('\n'))
  t.log(`two at once ended with ${codes.join(' and ')}`)

  await envUp(namespace, 'pr-1', '3', ['--workload', 'other'])
  t.true((await whatIsLeft(namespace, 'pr-1')).includes('Deployment/other-pr-1'))
  await envUp(namespace, 'pr-1', '3')
  await eventually('the copy that is not wanted any more is gone', async () =>
    (await whatIsLeft(namespace, 'pr-1')).some(part => part.includes('other-pr-1')) ? undefined : true)

  const stopped = await startEnvUp(t, namespace, 'pr-2', [...APP, '--env', 'NAME=4'])
  await hasCopy('pr-2')
  stopped.kill('SIGINT')
  t.is(await stopped.ended, 5)
  await allGone(namespace, 'pr-2')
  t.regex(stopped.stderr(), /stopped before it stood/)
  // Whose job was killed, and nobody took back what it had made.
  await allGone(namespace, 'pr-3')
})
