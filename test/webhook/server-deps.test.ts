import test from 'ava'
import { namespaceReader } from '../../webhook/server-deps.ts'

const facts = (label?: string) =>
  ({ labels: label === undefined ? {} : { 'waylay.dev/inject': label }, annotations: {}, isTerminating: false })

for (const label of ['enabled', 'pods']) {
  test(`a namespace that the watch knows as ${label} is not asked for`, async t => {
    const read = namespaceReader(() => facts(label), async () => { throw new Error('asked') })

    t.deepEqual(await read('shop'), facts(label))
  })
}

const doubtful = { 'does not know': undefined, 'knows without a label': facts(), 'knows as disabled': facts('disabled') }
for (const [name, known] of Object.entries(doubtful)) {
  test(`a namespace that the watch ${name} is asked for`, async t => {
    t.deepEqual(await namespaceReader(() => known, async () => facts('enabled'))('shop'), facts('enabled'))
  })
}
