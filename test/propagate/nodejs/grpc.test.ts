import { join } from 'node:path'
import test from 'ava'
import { installPackage, startApp, type Installed } from './node-app.ts'

let installed: Installed
test.before(async () => { installed = await installPackage() })
test.after.always(async () => { await installed.remove() })

for (const [kind, app] of [['CommonJS', 'grpc.cjs'], ['ES modules', 'grpc.mjs']] as const) {
  for (const way of ['/made', '/plain']) {
    test(`calls of @grpc/grpc-js in an app of ${kind} carry what their request brought alone: ${way}`, async t => {
      const { ask, stderr } = await startApp(t, app, { env: { NODE_OPTIONS: `--require=${installed.register}` } })
      // All of them wait for one connection.
      const ids = Array.from({ length: 20 }, (_, index) => index % 2 === 0 ? `maria-123456${index}` : undefined)

      const seen = await Promise.all(ids.map(async id =>
        await ask(way, id === undefined ? {} : { 'x-waylay-id': id, baggage: `waylay-id=${id}` })))

      t.deepEqual(seen.map(headers => headers['x-waylay-id']), ids)
      t.deepEqual(seen.map(headers => headers['baggage']), ids.map(id => id && `waylay-id=${id}`))
      t.is(stderr(), '')
    })
  }
}

test('a package that speaks gRPC by node:http2 itself carries as others do', async t => {
  const { ask } = await startApp(t, 'app.mjs', { env: { NODE_OPTIONS: `--require=${installed.register}` } })

  t.is((await ask('/grpc-by-http2', { 'x-waylay-id': 'maria-12345678' }))['x-waylay-id'], 'maria-12345678')
  t.is((await ask('/grpc-by-http2'))['x-waylay-id'], undefined)
})

test('an app starts whose own hooks make modules that lie in no file', async t => {
  const { ask } = await startApp(t, 'app.mjs', {
    flags: [`--import=${join(import.meta.dirname, 'apps/own-hooks.mjs')}`],
    env: { NODE_OPTIONS: `--require=${installed.register}` }
  })

  t.is((await ask('/get', { 'x-waylay-id': 'maria-12345678' }))['x-waylay-id'], 'maria-12345678')
})
