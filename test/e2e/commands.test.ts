import test from 'ava'
import type { Diagnosis } from '../../cli/doctor/doctor.ts'
import { makeDeveloper } from '../helpers/identity.ts'
import { getJson } from '../helpers/kube.ts'
import { makeNamespace } from '../helpers/namespace.ts'
import { throughProxy } from '../helpers/through-proxy.ts'
import { waylay } from '../helpers/waylay.ts'
import { deployApp } from '../helpers/workload.ts'

test('doctor finds a healthy workload healthy and leaves nothing behind', async t => {
  const namespace = await makeNamespace(t)
  for (const pod of await deployApp(namespace, { replicas: 2 })) await throughProxy(pod)

  const { stdout, exitCode } = await waylay(['doctor', 'app', '-n', namespace, '--output', 'json'])

  const { checks } = JSON.parse(stdout) as Diagnosis
  for (const { name, state, text } of checks) t.log(`${state} ${name}: ${text}`)
  t.is(exitCode, 0)
  // How fast the tunnel is depends on what else the machine does.
  const amiss = checks.filter(({ state, name, text }) =>
    state !== 'ok' && !(name === 'tunnel' && text.includes('that is slow')))
  t.deepEqual(amiss, [])
  t.true(checks.some(({ name, text }) => name === 'path' && /recognised/.test(text)))
  t.is(checks.filter(({ name }) => name === 'redirect').length, 2)
  t.is((await getJson<{ items: unknown[] }>(['-n', namespace, 'intercepts'])).items.length, 0)
})

test('a plain developer gets a diagnosis without a failure, and sees versions and logs', async t => {
  const namespace = await makeNamespace(t)
  const [pod] = await deployApp(namespace)
  const kubeconfig = await makeDeveloper(t, namespace, 'dev')

  const doctor = await waylay(['doctor', '-n', namespace], { kubeconfig })
  const version = await waylay(['version', '-n', namespace], { kubeconfig })
  const logs = await waylay(['logs', 'app', '-n', namespace], { kubeconfig })

  t.log(doctor.stdout)
  t.is(doctor.exitCode, 0, doctor.stdout)
  t.regex(doctor.stdout, /^- {4}Whether a new pod would be injected was not asked/m)
  t.regex(version.stdout, /^waylay .*\nkubernetes v1\.\d+.*\nwebhook .*\nsidecars .* \(1 pod\)$/m)
  t.regex(logs.stdout, new RegExp(`\\[${pod?.metadata.name ?? ''}/waylay-proxy\\] \\{.*proxy started`))
})

test('doctor says what is missing in a namespace without the label', async t => {
  const namespace = await makeNamespace(t, { inject: false })
  await deployApp(namespace)

  const { stdout, exitCode } = await waylay(['doctor', 'app', '-n', namespace])

  t.is(exitCode, 5)
  t.regex(stdout, /^FAIL The namespace .* is not labelled/m)
  t.regex(stdout, /^FAIL None of the 1 pods of deployment\/app carries the proxy/m)
  t.regex(stdout, new RegExp(`Try: {2}kubectl -n ${namespace} rollout restart deployment/app`))
})
