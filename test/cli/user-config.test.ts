import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { configFile, readRoutingValue, type ConfigPlace } from '../../cli/user-config.ts'

async function emptyPlace (t: ExecutionContext): Promise<ConfigPlace> {
  const homeDir = await mkdtemp(path.join(tmpdir(), 'waylay-config-'))
  t.teardown(async () => { await rm(homeDir, { recursive: true }) })
  return { env: {}, homeDir }
}

test('the routing value is made once and kept', async t => {
  const place = await emptyPlace(t)

  const first = await readRoutingValue(place, 'maria@example.org')
  const second = await readRoutingValue(place, 'maria@example.org')

  t.regex(first, /^maria-[a-z2-7]{8}$/)
  t.is(second, first)
})

test('nobody but the user may read the configuration', async t => {
  const place = await emptyPlace(t)
  await readRoutingValue(place, 'maria')

  const file = configFile(place)

  t.is((await stat(file)).mode & 0o777, 0o600)
  t.is((await stat(path.dirname(file))).mode & 0o777, 0o700)
})

test('twenty first runs at once agree on one value', async t => {
  const place = await emptyPlace(t)

  const values = await Promise.all(Array.from({ length: 20 }, async () => await readRoutingValue(place, 'maria')))

  t.is(new Set(values).size, 1)
  t.deepEqual(await readdir(path.dirname(configFile(place))), ['config.json'])
})

test('the folder follows WAYLAY_CONFIG_DIR before XDG_CONFIG_HOME before home', t => {
  const env = { WAYLAY_CONFIG_DIR: '/a', XDG_CONFIG_HOME: '/b' }

  t.is(configFile({ env, homeDir: '/home/maria' }), path.join('/a', 'config.json'))
  t.is(configFile({ env: { ...env, WAYLAY_CONFIG_DIR: '' }, homeDir: '/home/maria' }), path.join('/b', 'waylay', 'config.json'))
  t.is(configFile({ env: {}, homeDir: '/home/maria' }), path.join('/home/maria', '.config', 'waylay', 'config.json'))
  const windows = { homeDir: 'C:\\Users\\maria', platform: 'win32' } as const
  t.is(configFile({ ...windows, env: { APPDATA: 'C:\\Users\\maria\\AppData\\Roaming' } }),
    'C:\\Users\\maria\\AppData\\Roaming\\waylay\\config.json')
  t.is(configFile({ ...windows, env: {} }), 'C:\\Users\\maria\\.config\\waylay\\config.json')
})

test('a broken configuration is named, with how to get a new one', async t => {
  const place = await emptyPlace(t)
  await readRoutingValue(place, 'maria')
  await writeFile(configFile(place), '{')

  const error = await t.throwsAsync(readRoutingValue(place, 'maria'), { code: 'WAYLAY_USAGE', message: /config\.json: it is not JSON/ })

  t.true('hint' in error && String(error.hint).includes(`rm ${configFile(place)}`))
})

test('a folder that cannot be made is named, with the way around', async t => {
  const place = await emptyPlace(t)
  const blocked = path.join(place.homeDir, 'file')
  await writeFile(blocked, '')

  const error = await t.throwsAsync(
    readRoutingValue({ ...place, env: { WAYLAY_CONFIG_DIR: path.join(blocked, 'sub') } }, 'maria'), { code: 'WAYLAY_USAGE' })

  t.true(error.message.includes(blocked))
})
