import { fileURLToPath } from 'node:url'
import test from 'ava'
import { runProgram, theCluster } from '../helpers/kube.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

test('the demo ends by itself and its last line says who answered', async t => {
  const { kind, kubernetesVersion } = await theCluster()

  const { stdout, stderr, exitCode } = await runProgram('npm', ['--prefix', ROOT, 'run', 'demo', '--', '--once', '--json'])

  t.is(exitCode, 0, stderr)
  const { secondsToFirstDivert, ...result } = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Record<string, unknown>
  t.deepEqual(result, {
    withHeader: 'developer',
    withoutHeader: 'app',
    secondHop: 'developer',
    cluster: kind,
    kubernetes: kubernetesVersion
  })
  t.is(typeof secondsToFirstDivert, 'number')
  t.log(`seconds from the start of "waylay intercept" to the first diverted response: ${String(secondsToFirstDivert)}`)
})
