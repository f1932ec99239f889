import { readFileSync } from 'node:fs'
import test from 'ava'
import { isOfMachine, MACHINE_VARIABLES, mergeEnv, WINDOWS_VARIABLES } from '../../../cli/environment/child-env.ts'

test('a program gets the pod\'s variables over the developer\'s, but the machine\'s own', t => {
  const developers = { PATH: '/usr/bin', HOME: '/home/maria', MODE: 'mine', ONLY: 'here', http_proxy: 'p' }
  const pods = ['PATH', 'HOME', 'MODE', 'KUBERNETES_SERVICE_HOST', 'KUBERNETES_PORT_443_TCP', 'KUBERNETES_PORT', 'KUBERNETES_NAMESPACE',
    'LD_PRELOAD', 'LD_SDK_KEY', 'http_proxy', 'XDG_DATA_HOME', 'USERNAME', 'JAVA_HOME', 'PATHS', 'PAYMENTS_PORT'].map(name => ({ name, value: 'pod' }))

  t.deepEqual(mergeEnv(developers, pods, 'linux'), {
    ...developers, MODE: 'pod', KUBERNETES_NAMESPACE: 'pod', LD_SDK_KEY: 'pod', USERNAME: 'pod', PATHS: 'pod', PAYMENTS_PORT: 'pod'
  })
})

test('on Windows names are the same whatever their case', t => {
  const merged = mergeEnv({ Path: 'C:\\bin', Mode: 'mine' }, [{ name: 'PATH', value: '/bin' }, { name: 'MODE', value: 'pod' }, { name: 'USERNAME', value: 'pod' }], 'win32')
  t.deepEqual(merged, { Path: 'C:\\bin', MODE: 'pod' })
  t.true(isOfMachine('windir', 'win32'))
  t.false(isOfMachine('WINDIR', 'linux'))
})

test('the docs list every variable that stays the machine\'s', t => {
  const page = readFileSync(new URL('../../../docs/environment.md', import.meta.url), 'utf8')
  const listed = (title: string): readonly string[] =>
    [...new RegExp(`^\\*\\*${title}\\*\\*: ([^]*?)\\n\\n`, 'm').exec(page)?.[1]?.matchAll(/`([^`]+)`/g) ?? []].map(([, name = '']) => name)
  t.deepEqual(listed('Everywhere'), MACHINE_VARIABLES)
  t.deepEqual(listed('On Windows also'), WINDOWS_VARIABLES)
})
