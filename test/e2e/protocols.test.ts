import test, { type ExecutionContext } from 'ava'
import { createProtocolsServer } from './fixtures/protocols-server.ts'
import { listen } from '../helpers/listening.ts'
import { mountProgram } from '../helpers/mounted-program.ts'
import { makeNamespace } from '../helpers/namespace.ts'
import { startProgramPod } from '../helpers/program-pod.ts'
import { throughProxy } from '../helpers/through-proxy.ts'
import { startIntercept } from '../helpers/waylay.ts'
import { deployApp, urlOf, type Pod } from '../helpers/workload.ts'

const ID = 'maria-12345678'
// The same length of head in all three cases, and baggage that lacks nothing, so that nothing is added to it.
const [MARKED, UNMARKED] = [fieldsOf(ID), fieldsOf('jon-abcdefghxy')]

function fieldsOf (id: string): readonly string[] {
  return [`x-wAyLay-id: ${id}`, `bagGAGE: a=b, waylay-id=${id};p`]
}

test('whatever HTTP/1 knows is seen as without us, by marked and unmarked callers at the same time', async t => {
  const [namespace, plain] = await Promise.all([makeNamespace(t), makeNamespace(t, { inject: false })])
  const [[pod], [untouched]] = await Promise.all([namespace, plain].map(async place =>
    await deployApp(place, { program: await mountProgram(place, 'protocols-app.ts') }))) as [[Pod], [Pod]]
  await throughProxy(pod)
  const caller = await startProgramPod(t, plain, 'protocols-caller.ts')
  const port = await startServer(t, 'maria')
  const intercept = await startIntercept(t, ['app', '-n', namespace, '--port', String(port), '--id', ID])
  const play = async (scene: string, to: Pod, fields: readonly string[]): Promise<unknown> =>
    await caller('play', { scene, url: urlOf(to), fields })

  const scenes = await caller('scenes') as readonly string[]
  await Promise.all(scenes.map(async scene => {
    const [without, unmarked, marked] = await Promise.all([
      play(scene, untouched, UNMARKED), play(scene, pod, UNMARKED), play(scene, pod, MARKED)
    ])
    t.deepEqual(unmarked, without, `${scene}, unmarked`)
    t.deepEqual(marked, asMaria(without), `${scene}, marked`)
    t.notRegex(JSON.stringify(without), /"failed"/, `${scene} says something`)
  }))

  t.log(`each of these three times: ${scenes.join(', ')}`)
  t.is((await intercept.stop()).exitCode, 0)
})

/** What the developer's program would have shown: itself, and the header that brought the request to it. */
function asMaria (outcome: unknown): unknown {
  return JSON.parse(JSON.stringify(outcome)
    .replaceAll(/\bapp\b(?!lication)/g, 'maria').replaceAll('jon-abcdefghxy', ID))
}

async function startServer (t: ExecutionContext, name: string): Promise<number> {
  return await listen(t, createProtocolsServer(name))
}
