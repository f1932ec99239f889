import { fileURLToPath } from 'node:url'
import test from 'ava'
import { startCaller } from '../helpers/caller-pod.ts'
import { makeDeveloper } from '../helpers/identity.ts'
import { makeNamespace } from '../helpers/namespace.ts'
import { startProgram } from '../helpers/program.ts'
import { untilFree } from '../helpers/until-free.ts'
import { startIntercept, waylay } from '../helpers/waylay.ts'
import { deployApp, urlOf, type Pod } from '../helpers/workload.ts'

const MARIA = { 'x-waylay-id': 'maria-12345678' }
const HOUR_MS = 3_600_000
// Longer than an Intercept lives without a renewal.
const A_WHILE_MS = 20_000

const wrongClock = test.macro({
  exec: async (t, shiftMs: number) => {
    const shifted = {
      NODE_OPTIONS: `--import=${fileURLToPath(new URL('../helpers/shift-clock.ts', import.meta.url))}`,
      SHIFT_CLOCK_MS: String(shiftMs)
    }
    const namespace = await makeNamespace(t)
    const [pod] = await deployApp(namespace) as [Pod]
    const caller = await startCaller(t, namespace)
    const [maria, jon] = [await startProgram(t, 'maria'), await startProgram(t, 'jon')]
    const [mariaConfig, jonConfig] = [await makeDeveloper(t, namespace, 'maria'), await makeDeveloper(t, namespace, 'jon')]
    const argsFor = (program: { readonly port: number }): readonly string[] =>
      ['app', '-n', namespace, '--id', MARIA['x-waylay-id'], '--port', String(program.port)]

    // A right clock holds it, a wrong one wants it.
    const right = await startIntercept(t, argsFor(maria), { kubeconfig: mariaConfig })
    const thief = await waylay(['intercept', ...argsFor(jon)], { kubeconfig: jonConfig, env: shifted })
    t.is(thief.exitCode, 6, thief.stderr)
    t.regex(thief.stderr, /held by system:serviceaccount:[^:]+:maria/)
    t.is((await right.stop()).exitCode, 0)

    // A wrong clock holds it, a right one wants it, now and after a while.
    const wrong = await startIntercept(t, argsFor(maria), { kubeconfig: mariaConfig, env: shifted })
    for (const waitMs of [0, A_WHILE_MS]) {
      await new Promise(resolve => setTimeout(resolve, waitMs))
      const refused = await waylay(['intercept', ...argsFor(jon)], { kubeconfig: jonConfig })
      t.is(refused.exitCode, 6, refused.stderr)
      t.is((await caller.request(urlOf(pod), MARIA)).json.answeredBy, 'maria')
    }

    // And when it is gone, it is gone.
    wrong.kill('SIGKILL')
    await wrong.ended
    const startedMs = performance.now()
    await untilFree(namespace, jonConfig)
    t.log(`free ${Math.round(performance.now() - startedMs)} ms after its end`)
    const next = await startIntercept(t, argsFor(jon), { kubeconfig: jonConfig })
    t.is((await caller.request(urlOf(pod), MARIA)).json.answeredBy, 'jon')
    t.is((await next.stop()).exitCode, 0)
  },
  title: (_, shiftMs: number) => `a clock that is an hour ${shiftMs > 0 ? 'ahead' : 'behind'} steals nothing and makes nothing immortal`
})

test(wrongClock, HOUR_MS)
test(wrongClock, -HOUR_MS)
