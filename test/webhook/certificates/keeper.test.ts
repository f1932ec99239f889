import test from 'ava'
import { keepKeys, type KeeperDeps } from '../../../webhook/certificates/keeper.ts'
import { mendKeys } from '../../../webhook/certificates/keys.ts'
import { quietLog } from '../quiet-log.ts'

/** Runs the keeper for some rounds; waiting costs no time and is recorded. */
async function runKeeper (rounds: number, deps: Partial<KeeperDeps>): Promise<{ waitsMs: number[], did: string[] }> {
  const { keys } = await mendKeys({}, ['waylay-webhook.waylay-system.svc'], Date.now())
  const stop = new AbortController()
  const waitsMs: number[] = []
  const did: string[] = []
  await keepKeys({
    loadKeys: async () => keys,
    useKeys: () => { did.push('use') },
    writeCaBundle: async () => {
      did.push('write')
      return true
    },
    onTrusted: () => { did.push('trusted') },
    wait: async ms => {
      waitsMs.push(ms)
      if (waitsMs.length === rounds) stop.abort()
    },
    log: quietLog().log,
    ...deps
  }, stop.signal)
  return { waitsMs, did }
}

test('keys are served before the API server is told to trust them', async t => {
  t.deepEqual((await runKeeper(1, {})).did, ['use', 'write', 'trusted'])
})

test('unchanged keys are not set again but the configuration is checked every minute', async t => {
  const { did, waitsMs } = await runKeeper(3, {})

  t.deepEqual(did, ['use', 'write', 'trusted', 'write', 'trusted', 'write', 'trusted'])
  t.deepEqual(waitsMs, [60_000, 60_000, 60_000])
})

test('an API server that is away is asked again, ever more slowly', async t => {
  const { did, waitsMs } = await runKeeper(9, { loadKeys: async () => { throw new Error('connection refused') } })

  t.deepEqual(waitsMs, [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000])
  t.deepEqual(did, [])
})

test('nobody is trusted before the configuration could be written', async t => {
  const { did } = await runKeeper(2, { writeCaBundle: async () => { throw new Error('not found') } })

  t.false(did.includes('trusted'))
})
