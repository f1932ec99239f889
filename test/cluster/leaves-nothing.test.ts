import test from 'ava'
import { leftBehind, type Inventory } from './leaves-nothing.ts'
import { loadCommand } from './existing/load-command.ts'

const nothing: Inventory = {
  process: [],
  mount: [],
  'network namespace': [],
  interface: [],
  route: [],
  cgroup: [],
  file: [],
  'kernel setting': []
}

test('what was there before is not left behind', t => {
  const before = { ...nothing, interface: ['/sys/class/net/eth0'] }
  t.deepEqual(leftBehind(before, before), [])
})

test('what is new is named with its kind, and what is gone is nobody\'s concern', t => {
  const before = { ...nothing, route: ['10.0.0.0/8 dev a'], 'kernel setting': ['kernel/panic = 1'] }
  const after = { ...nothing, interface: ['/sys/class/net/waylay-host'], 'kernel setting': ['kernel/panic = 10'] }
  t.deepEqual(leftBehind(before, after), ['interface: /sys/class/net/waylay-host', 'kernel setting: kernel/panic = 10'])
})

test('images go into an existing cluster by the tool that its context is named after', t => {
  t.deepEqual(loadCommand('kind-dev', '/a.tar'), ['kind', 'load', 'image-archive', '/a.tar', '--name', 'dev'])
  t.deepEqual(loadCommand('k3d-dev', '/a.tar'), ['k3d', 'image', 'import', '/a.tar', '--cluster', 'dev'])
  t.deepEqual(loadCommand('minikube', '/a.tar'), ['minikube', 'image', 'load', '/a.tar'])
})

test('images do not go into a cluster that only a registry could feed', t => {
  t.throws(() => loadCommand('production', '/a.tar'), { message: /context production.*registry/ })
})
