import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import test from 'ava'
import { startFakeApiServer } from './helpers/fake-api-server.ts'
import { writeKubeconfig } from './helpers/kubeconfig.ts'
import { startCli } from './helpers/run-cli.ts'
import { until } from './helpers/until.ts'

test('sessions outlive it when every connection to the cluster is reset', async t => {
  const api = await startFakeApiServer(t)
  const pod = api.addPod('payments-1')
  const { port } = new URL(api.url)
  const sockets = new Set<Socket>()
  const relay = createServer({ noDelay: true }, near => {
    const far = connect({ host: '127.0.0.1', port: Number(port), noDelay: true })
    for (const [from, to] of [[near, far], [far, near]] as const) {
      sockets.add(from)
      from.on('error', () => {}).on('close', () => {
        sockets.delete(from)
        to.destroy()
      })
      from.pipe(to)
    }
  }).listen(0, '127.0.0.1')
  await once(relay, 'listening')
  t.teardown(() => {
    relay.close()
    for (const socket of sockets) socket.destroy()
  })
  const kubeconfig = await writeKubeconfig(t, `http://127.0.0.1:${(relay.address() as AddressInfo).port}`)
  const run = await startCli(t, [
    '--kubeconfig', kubeconfig, 'intercept', 'payments', '--port', '3000', '--id', 'maria-3fk27d4a'
  ], { PATH: process.env['PATH'] })
  await until(() => run.stderr.some(line => line.includes('Press Ctrl-C')))

  const dials = (): number => api.requests.filter(line => line.includes('/portforward')).length
  for (let cut = 0; cut < 3; cut++) {
    const before = dials()
    for (const socket of [...sockets]) socket.resetAndDestroy()
    await until(() => dials() > before && pod.sessions[0]?.isLost === false)
    // What the pod says arrives again.
    pod.report('GET', `/after-${cut}`, 200)
    await until(() => [...run.stdout, ...run.stderr].some(line => line.includes(`/after-${cut}`)))
  }

  t.is(pod.sessions.length, 1)
  t.is(pod.intercepts.size, 1)
  run.interrupt()
  await run.exitCode
})
