import test from 'ava'
import { chooseCluster, parseWish, type ChooseDeps } from './choose.ts'

const linuxWithoutDocker: ChooseDeps = {
  wish: undefined,
  platform: 'linux',
  dockerAnswers: async () => false,
  hasKind: async () => false
}
const withDocker = { dockerAnswers: async () => true, hasKind: async () => true }

test('kind is chosen where a Docker engine answers and kind is there', async t => {
  t.deepEqual(await chooseCluster({ ...linuxWithoutDocker, ...withDocker }), { kind: 'kind' })
})

test('bare is chosen on Linux without a Docker engine', async t => {
  t.deepEqual(await chooseCluster(linuxWithoutDocker), { kind: 'bare' })
})

test('a Docker engine without kind still means bare on Linux', async t => {
  t.deepEqual(await chooseCluster({ ...linuxWithoutDocker, dockerAnswers: async () => true }), { kind: 'bare' })
})

for (const platform of ['darwin', 'win32'] as const) {
  test(`${platform} without Docker is told what to start or to name`, async t => {
    await t.throwsAsync(chooseCluster({ ...linuxWithoutDocker, platform }),
      { message: /no Docker engine answers.*Start Docker and install kind.*WAYLAY_CLUSTER=existing:/s })
  })
}

test('a wish wins over what the machine has, and Docker is not even asked', async t => {
  const asked = { dockerAnswers: async () => { throw new Error('asked') } }
  t.deepEqual(await chooseCluster({ ...linuxWithoutDocker, ...asked, wish: 'bare' }), { kind: 'bare' })
  t.deepEqual(await chooseCluster({ ...linuxWithoutDocker, ...asked, wish: 'kind' }), { kind: 'kind' })
})

test('an empty wish is none', async t => {
  t.deepEqual(await chooseCluster({ ...linuxWithoutDocker, wish: '' }), { kind: 'bare' })
})

test('an existing cluster is named by its kubeconfig, and by a context if it is not the current one', t => {
  t.deepEqual(parseWish('existing:/home/a/.kube/config'),
    { kind: 'existing', kubeconfigPath: '/home/a/.kube/config', context: undefined })
  t.deepEqual(parseWish('existing:/home/a/.kube/config#kind-dev'),
    { kind: 'existing', kubeconfigPath: '/home/a/.kube/config', context: 'kind-dev' })
})

for (const wish of ['existing', 'existing:', 'existing:#dev', 'docker', '/home/a/.kube/config']) {
  test(`"${wish}" is refused with the values that can be said`, t => {
    t.throws(() => parseWish(wish), { message: new RegExp(`WAYLAY_CLUSTER=${wish} means nothing.*bare, kind, or existing:`) })
  })
}
