import { once } from 'node:events'
import { connect, createServer, type AddressInfo } from 'node:net'
import test from 'ava'
import { startFakeApiServer } from '../helpers/fake-api-server.ts'
import { writeKubeconfig } from '../helpers/kubeconfig.ts'
import { startCli } from '../helpers/run-cli.ts'
import { until } from '../helpers/until.ts'
import { freePort } from '../../helpers/free-port.ts'

const INTERCEPT = ['intercept', 'payments', '--port', '3000', '--id', 'maria-3fk27d4a'] as const

async function canConnect (port: number): Promise<boolean> {
  const socket = connect({ host: '127.0.0.1', port })
  const answer = await new Promise<boolean>(resolve => {
    socket.once('connect', () => { resolve(true) }).once('error', () => { resolve(false) })
  })
  socket.destroy()
  return answer
}

test('a port that is taken ends the command before anything is made', async t => {
  const api = await startFakeApiServer(t)
  api.addPod('payments-1')
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  t.teardown(() => { taken.close() })
  const { port } = taken.address() as AddressInfo
  const kubeconfig = await writeKubeconfig(t, api.url)

  const run = await startCli(t, ['--kubeconfig', kubeconfig, ...INTERCEPT, '--socks', String(port)], {})

  t.is(await run.exitCode, 2)
  t.true(run.stderr.some(line => line.includes('WAYLAY_PORT_IN_USE')), run.stderr.join('\n'))
  t.deepEqual(api.requests.filter(line => line.startsWith('POST')), [])
})

test('ports into the cluster are open while the intercept stands, and no longer', async t => {
  const api = await startFakeApiServer(t)
  api.addPod('payments-1')
  const kubeconfig = await writeKubeconfig(t, api.url)
  const [reach, socks] = [await freePort(), await freePort()]

  const run = await startCli(t, ['--kubeconfig', kubeconfig, ...INTERCEPT, '--reach', `pay:80=${reach}`, '--socks', String(socks)], {})
  await until(() => run.stderr.some(line => line.includes(`SOCKS5 at 127.0.0.1:${socks}`)))
  t.true(run.stderr.some(line => line.includes(`Reach pay:80 at 127.0.0.1:${reach}`)))
  t.deepEqual([await canConnect(reach), await canConnect(socks)], [true, true])
  run.interrupt()

  t.is(await run.exitCode, 0)
  t.deepEqual([await canConnect(reach), await canConnect(socks)], [false, false])
})
