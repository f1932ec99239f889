import { generateKeyPairSync } from 'node:crypto'
import test, { type ExecutionContext } from 'ava'
import { createIntercept } from '../../cli/cluster/intercepts.ts'
import { openCluster } from '../../cli/cluster/kubeconfig.ts'
import { interceptName } from '../../intercepts/name.ts'
import { newIntercept, type Intercept } from '../../intercepts/object.ts'
import { signProof } from '../../intercepts/proof.ts'
import { signTicket, writePublicKey, type Ticket } from '../../intercepts/ticket.ts'
import { startCaller } from '../helpers/caller-pod.ts'
import { makeDeveloper, makeStranger } from '../helpers/identity.ts'
import { apply, getJson, kubectl, runProgram, theCluster } from '../helpers/kube.ts'
import { makeNamespace } from '../helpers/namespace.ts'
import { startProgram } from '../helpers/program.ts'
import { HELLO, openRawSession, type RawSession } from '../helpers/raw-session.ts'
import { startIntercept, waylay } from '../helpers/waylay.ts'
import { deployApp, urlOf, type Pod } from '../helpers/workload.ts'

const MARIA = { 'x-waylay-id': 'maria-12345678' }
const JON = { 'x-waylay-id': 'jon-abcdefgh' }

/** Somebody whose role is `get, list, watch` on everything, as auditors and dashboards have it. */
async function makeReader (t: ExecutionContext, namespace: string): Promise<string> {
  const name = `reader-${namespace}`
  await apply({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name },
    rules: [{ apiGroups: ['*'], resources: ['*'], verbs: ['get', 'list', 'watch'] }]
  })
  t.teardown(async () => { await kubectl(['delete', 'clusterrole', name]) })
  const kubeconfig = await makeStranger(t, namespace, 'reader')
  await kubectl(['create', 'clusterrolebinding', name, `--clusterrole=${name}`, `--serviceaccount=${namespace}:reader`])
  t.teardown(async () => { await kubectl(['delete', 'clusterrolebinding', name]) })
  return kubeconfig
}

async function refusalOf (session: RawSession, intercept: string, ticket: string, proof: string): Promise<string> {
  session.send({ type: 'add', intercept, ticket, proof })
  const answer = await session.receive()
  return answer.type === 'refused' ? answer.code : answer.type
}

test('who may read everything can open a session and gets nothing by it', async t => {
  const namespace = await makeNamespace(t)
  const [[app], [other]] = await Promise.all([deployApp(namespace), deployApp(namespace, { name: 'other' })]) as [[Pod], [Pod]]
  const caller = await startCaller(t, namespace)
  const maria = await startProgram(t, 'maria')
  const mariaConfig = await makeDeveloper(t, namespace, 'maria')
  for (const name of ['app', 'other']) {
    await startIntercept(t, [name, '-n', namespace, '--port', String(maria.port), '--id', MARIA['x-waylay-id']],
      { kubeconfig: mariaConfig })
  }
  const reader = await makeReader(t, namespace)
  const { items } = await getJson<{ items: readonly Intercept[] }>(['-n', namespace, 'intercepts'])
  const [hers, herOther] = ['deployment/app', 'deployment/other'].map(workload =>
    items.find(({ spec }) => spec.workload === workload)!) as [Intercept, Intercept]
  const own = generateKeyPairSync('ed25519')
  const session = await openRawSession(t, reader, app)
  const proof = signProof(own.privateKey, namespace, app.metadata.name, session.welcome.nonce)

  t.is(await refusalOf(session, hers.metadata.name, hers.spec.ticket!, proof), 'WAYLAY_TICKET_REFUSED', 'another owner\'s ticket')
  t.is(await refusalOf(session, herOther.metadata.name, herOther.spec.ticket!, proof), 'WAYLAY_TICKET_REFUSED', 'another pod\'s ticket')
  const forged: Ticket = {
    intercept: hers.metadata.name,
    namespace,
    workload: 'deployment/app',
    port: 8080,
    match: hers.spec.match,
    owner: 'reader',
    sessionKey: writePublicKey(own.publicKey),
    fence: 2 ** 53 - 1,
    notAfter: Date.now() + 60_000
  }
  t.is(await refusalOf(session, hers.metadata.name, signTicket(forged, own.privateKey), proof), 'WAYLAY_TICKET_REFUSED', 'a forged one')
  t.is(await refusalOf(session, hers.metadata.name, signTicket({ ...forged, fence: 2 ** 53 }, own.privateKey), proof),
    'WAYLAY_TICKET_REFUSED', 'a fence of 2^53')

  const refused = await waylay(['intercept', 'app', '-n', namespace, '--port', String(maria.port), '--id', MARIA['x-waylay-id'],
    '--take-over'], { kubeconfig: reader })
  t.is(refused.exitCode, 3, refused.stderr)
  const { kubectl: program } = await theCluster()
  const renewed = await runProgram(program, ['--kubeconfig', reader, '-n', namespace, 'patch', 'intercept', hers.metadata.name,
    '--subresource=status', '--type=merge', '-p', '{"status":{"requests":1}}'])
  t.regex(renewed.stderr, /forbidden/)
  for (const pod of [app, other]) {
    t.is((await caller.request(urlOf(pod), MARIA)).json.answeredBy, 'maria')
    t.is((await caller.request(urlOf(pod))).json.answeredBy, 'app')
  }
  t.is(session.diverted(), 0)
})

test('a hello or a proof that is sent again opens nothing', async t => {
  const namespace = await makeNamespace(t)
  const [pod] = await deployApp(namespace) as [Pod]
  const caller = await startCaller(t, namespace)
  const jonConfig = await makeDeveloper(t, namespace, 'jon')
  const key = generateKeyPairSync('ed25519')
  const intercept = await makeIntercept(namespace, jonConfig, writePublicKey(key.publicKey))
  const { name } = intercept.metadata
  const first = await openRawSession(t, jonConfig, pod)
  const proof = signProof(key.privateKey, namespace, pod.metadata.name, first.welcome.nonce)
  t.is(await refusalOf(first, name, intercept.spec.ticket!, proof), 'added')

  const second = await openRawSession(t, jonConfig, pod)
  t.is(await refusalOf(second, name, intercept.spec.ticket!, proof), 'WAYLAY_TICKET_REFUSED', 'the proof of another session')
  first.send(HELLO)
  t.is((await first.ended)?.code, 'WAYLAY_TUNNEL_PROTOCOL', 'a second hello ends the session')

  t.is((await caller.request(urlOf(pod), JON)).json.answeredBy, 'app')
  t.is(second.diverted(), 0)
})

test('a fence that a developer writes by hand is not kept', async t => {
  const namespace = await makeNamespace(t)
  await deployApp(namespace)
  const jonConfig = await makeDeveloper(t, namespace, 'jon')
  const { metadata: { name } } = await makeIntercept(namespace, jonConfig, writePublicKey(generateKeyPairSync('ed25519').publicKey))
  const { kubectl: program } = await theCluster()

  for (const fence of ['9007199254740991', '9007199254740992']) {
    const written = await getJson<Intercept>(['-n', namespace, 'intercept', name])
    await runProgram(program, ['--kubeconfig', jonConfig, '-n', namespace, 'replace', '-f', '-'],
      { input: JSON.stringify({ ...written, spec: { ...written.spec, fence: Number(fence) } }) })
    const { spec } = await getJson<Intercept>(['-n', namespace, 'intercept', name])
    t.true(spec.fence! <= Date.now() + 60_000, `the fence is ${spec.fence}`)
  }
})

async function makeIntercept (namespace: string, kubeconfig: string, sessionKey: string): Promise<Intercept> {
  const match = { headers: [{ type: 'Exact', name: 'x-waylay-id', value: JON['x-waylay-id'] }] } as const
  const cluster = openCluster({ kubeconfig }, { env: {}, homeDir: '' })
  try {
    const made = await createIntercept(cluster, newIntercept(namespace, interceptName('deployment/app', 8080, match),
      { workload: 'deployment/app', port: 8080, match, global: false, sessionKey }))
    if (made === undefined) throw new Error('It was there already')
    return made
  } finally {
    cluster.close()
  }
}
