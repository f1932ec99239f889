import { createServer } from 'node:net'
import test from 'ava'
import { machineClock } from '../../../../cli/clock.ts'
import { createPatientDeveloper } from '../../../../cli/intercept/developer/patient-developer.ts'
import { freePort } from '../../../helpers/free-port.ts'

test('a Service whose pod is being replaced is dialled until it answers', async t => {
  const port = await freePort()
  const server = createServer(socket => { socket.end() })
  t.teardown(() => { server.close() })
  const developer = createPatientDeveloper('127.0.0.1', port, machineClock)

  const dialling = developer.dial()
  setTimeout(() => { server.listen(port, '127.0.0.1') }, 300)

  const socket = await dialling
  t.false(developer.isSilent())
  socket.destroy()
})

test('a Service that nothing listens behind is refused after a while', async t => {
  const developer = createPatientDeveloper('127.0.0.1', await freePort(), machineClock, 200)

  await t.throwsAsync(developer.dial(), { code: 'WAYLAY_DEVELOPER_REFUSED', message: /ECONNREFUSED/ })
})

test('a failure that no time mends is told at once', async t => {
  const developer = createPatientDeveloper('127.0.0.1', 70_000, machineClock, 60_000)

  const error = await t.throwsAsync(developer.dial())
  t.truthy(error)
})
