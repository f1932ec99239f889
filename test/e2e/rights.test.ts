import { generateKeyPairSync } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { bindRole } from '../../cli/cluster/grant-role.ts'
import { createAccount } from '../../cli/cluster/grants.ts'
import { createIntercept } from '../../cli/cluster/intercepts.ts'
import { runCli } from '../../cli/run.ts'
import { interceptName } from '../../intercepts/name.ts'
import { newIntercept } from '../../intercepts/object.ts'
import {
  digestPreviewToken, newPreviewToken, previewName, type Preview, type PreviewHolder
} from '../../intercepts/preview.ts'
import { writePublicKey } from '../../intercepts/ticket.ts'
import { rootOf } from '../helpers/hand-made-environment.ts'
import { apply } from '../helpers/kube.ts'
import { makeNamespace } from '../helpers/namespace.ts'
import { openPreviewGateway, type PreviewGateway } from '../helpers/preview-gateway.ts'
import { startProgram } from '../helpers/program.ts'
import { readCommandRights, type CommandRights, type RightRow } from '../helpers/rights-table.ts'
import { forEachOf, inNameOf, openAdministrator, type Administrator } from '../helpers/user-with-rights.ts'
import { deployApp } from '../helpers/workload.ts'

/** What runs, with which rights, and what the page says of it. */
type Case = {
  readonly command: string
  readonly rights: readonly RightRow[]
  /** The one that was taken away; undefined: none. */
  readonly missing: RightRow | undefined
  readonly user: string
}

type Scene = {
  readonly namespace: string
  readonly administrator: Administrator
  readonly developerPort: number
}

type Ran = { readonly exitCode: number, readonly said: string }

/** They change the cluster itself; `up` is `intercept` with a file, `collect` what `doctor` and `logs` do. */
const NOT_RUN = new Set(['waylay install', 'waylay uninstall', 'waylay upgrade', 'waylay up', 'waylay collect'])

/** They find an intercept of the user's. */
const NEED_INTERCEPT = new Set(['waylay leave', 'waylay down', 'waylay preview --share', 'waylay preview revoke'])

const ENV = [
  { name: 'MODE', valueFrom: { configMapKeyRef: { name: 'settings', key: 'MODE' } } },
  { name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'db', key: 'password' } } }
]

let gateway: PreviewGateway | undefined

test.before(async t => {
  t.timeout(180_000, 'the webhook is rolled out with a preview domain, or it lets no link be made')
  gateway = await openPreviewGateway()
})

test.after.always(async t => {
  t.timeout(180_000, 'and again without')
  await gateway?.close()
})

async function setScene (t: ExecutionContext): Promise<Scene> {
  const namespace = await makeNamespace(t, { annotations: { 'waylay.dev/previews': 'allow' } })
  await apply(
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings', namespace }, data: { MODE: 'test' } },
    { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'db', namespace }, stringData: { password: 'secret' } })
  await deployApp(namespace, { env: ENV })
  const { port: developerPort } = await startProgram(t, 'maria')
  return { namespace, developerPort, administrator: await openAdministrator(t) }
}

/** A case with every right of the command, and one without each of them. Rights elsewhere nobody has. */
function casesOf ({ command, rights }: CommandRights): readonly Case[] {
  const here = rights.filter(({ elsewhere }) => elsewhere === undefined)
  const user = command.replaceAll(/[^a-z]+/g, '-')
  return [
    { command, rights: here, missing: undefined, user },
    ...here.map((missing, index) => ({
      command, missing, rights: here.filter(right => right !== missing), user: `${user}-${index}`
    }))
  ]
}

function argumentsOf ({ command, user }: Case, scene: Scene): readonly string[] {
  const { namespace, developerPort, administrator: { folder } } = scene
  const where = ['-n', namespace]
  switch (command) {
    case 'waylay intercept':
      return ['intercept', 'app', ...where, '--port', String(developerPort), '--id', `id-of-${user}`, '--for', '8s']
    case 'waylay preview': return ['preview', 'app', ...where, '--id', `id-of-${user}`, '--for', '1s']
    case 'waylay preview --share': return ['preview', 'app', ...where, '--share']
    case 'waylay preview revoke': return ['preview', 'revoke', '--all', ...where]
    case 'waylay leave': case 'waylay env': case 'waylay logs': case 'waylay doctor':
      return [command.slice('waylay '.length), 'app', ...where]
    case 'waylay down': return ['down', '--file', join(folder, `${user}.yaml`), ...where]
    case 'waylay env extend': return ['env', 'extend', user, ...where, '--ttl', '2h']
    case 'waylay env down': return ['env', 'down', user, ...where]
    case 'waylay grant': case 'waylay grant revoke':
      return [...command.split(' ').slice(1), user, ...where]
    default: return [...command.split(' ').slice(1), ...where]
  }
}

/** What the command is to find: an intercept of the user's, a grant. */
async function prepare ({ command, user }: Case, { namespace, administrator }: Scene): Promise<void> {
  const { cluster, folder } = administrator
  if (command === 'waylay grant revoke') {
    await bindRole(cluster, await createAccount(cluster, namespace, user, Date.now() + 3_600_000), 'waylay-ci')
  }
  if (command === 'waylay env extend' || command === 'waylay env down') {
    await apply(rootOf(namespace, user, 3_600_000))
  }
  if (!NEED_INTERCEPT.has(command)) return
  writeFileSync(join(folder, `${user}.yaml`), `intercepts:\n  app:\n    port: 3000\n    id: id-of-${user}\n`)
  const match = { headers: [{ type: 'Exact', name: 'x-waylay-id', value: `id-of-${user}` }] } as const
  const sessionKey = writePublicKey(generateKeyPairSync('ed25519').publicKey)
  const name = interceptName('deployment/app', 8080, match)
  const holder = { namespace, intercept: name, owner: `system:serviceaccount:${namespace}:${user}` }
  const previews = command === 'waylay preview revoke' && { previews: [newPreview(holder)] }
  const spec = { workload: 'deployment/app', port: 8080, match, global: false, sessionKey, ...previews }
  await createIntercept(inNameOf(cluster, namespace, user), newIntercept(namespace, name, spec))
}

function newPreview (holder: PreviewHolder): Preview {
  const token = newPreviewToken()
  return {
    name: previewName(token),
    tokenDigest: digestPreviewToken(token, holder),
    service: 'app',
    port: 80,
    expiresAt: new Date(Date.now() + 3_600_000).toISOString()
  }
}

async function runCase (testCase: Case, scene: Scene): Promise<Ran> {
  const { namespace, administrator } = scene
  const rules = testCase.rights.map(({ verb, group, resource }) =>
    ({ apiGroups: [group], resources: [resource], verbs: [verb] }))
  const kubeconfig = await administrator.makeUser(namespace, testCase.user, rules)
  await prepare(testCase, scene)
  const lines: string[] = []
  const add = (line: string): void => { lines.push(line) }
  const exitCode = await runCli(['--kubeconfig', kubeconfig, ...argumentsOf(testCase, scene)], {
    env: {},
    homeDir: administrator.folder,
    userName: 'maria',
    hostName: 'a-test',
    output: { result: add, note: add, json: value => { add(JSON.stringify(value)) } },
    onStopSignal: () => () => {}
  })
  return { exitCode, said: lines.join('\n') }
}

/** Undefined where the run is what the page says. */
function faultOf ({ missing }: Case, { exitCode, said }: Ran): string | undefined {
  if (missing === undefined) return exitCode === 0 ? undefined : 'does not work with the rights of the page'
  const { verb, resource, group, without } = missing
  if (without === 'refused') {
    const [plural, subresource] = resource.split('/')
    const name = `${plural}${group && `.${group}`}${subresource === undefined ? '' : `/${subresource}`}`
    if (exitCode !== 3) return 'is not refused'
    return new RegExp(`You may not [a-z, ]*${verb}[a-z, ]* ${name}`).test(said) ? undefined : `does not name ${verb} ${name}`
  }
  const phrase = /"([^"]+)"/.exec(without)?.[1] ?? ''
  if (exitCode !== 0) return 'does not work without it'
  return said.includes(phrase) ? undefined : `does not say "${phrase}"`
}

for (const rights of readCommandRights().filter(({ command }) => !NOT_RUN.has(command))) {
  test.serial(`${rights.command} works with the rights of the page, and without each as it says`, async t => {
    const scene = await setScene(t)
    const faults: string[] = []
    await forEachOf(casesOf(rights), 16, async testCase => {
      const { missing } = testCase
      const title = missing === undefined ? 'with all' : `without ${missing.verb} ${missing.resource}.${missing.group}`
      const ran = await runCase(testCase, scene)
      const fault = faultOf(testCase, ran)
      t.log(`${title}: ${ran.exitCode}`)
      if (fault !== undefined) faults.push(`${title}: ${fault}: ${ran.exitCode} ${ran.said}`)
    })
    t.deepEqual(faults, [])
  })
}
