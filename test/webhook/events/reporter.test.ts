import test from 'ava'
import { EVENT_WINDOW_MS, writeEvent, type EventObject, type Told } from '../../../webhook/events/event.ts'
import { createReporter, type ReporterDeps } from '../../../webhook/events/reporter.ts'
import { subjectOf } from '../../../webhook/subject.ts'
import { quietLog } from '../quiet-log.ts'

const OWNER = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'pay-5d', uid: 'u1', controller: true }

function told (parts: Partial<Told> = {}): Told {
  return {
    subject: subjectOf({ generateName: 'pay-5d-', ownerReferences: [OWNER] }, 'shop'),
    reason: 'WaylayNotInjected',
    message: 'because',
    ...parts
  }
}

test('an Event stands on the owner under a name that every replica gives it', t => {
  const event = writeEvent(told(), 5)

  t.like(event, {
    involvedObject: { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'pay-5d', uid: 'u1', namespace: 'shop' },
    reason: 'WaylayNotInjected',
    type: 'Warning'
  })
  t.regex(event.metadata.name, /^pay-5d\.[0-9a-f]{16}$/)
  t.is(writeEvent(told({ message: 'other words' }), EVENT_WINDOW_MS - 1).metadata.name, event.metadata.name)
  t.not(writeEvent(told(), EVENT_WINDOW_MS).metadata.name, event.metadata.name)
  t.not(writeEvent(told({ reason: 'WaylayBypassed' }), 5).metadata.name, event.metadata.name)
})

test('an Event has a name that the API server takes, whatever the pod is called', t => {
  for (const name of ['pay-', 'a.b.', 'a.-b', '-', 'A/../b\n;$(x)', 'ü', '', 'x'.repeat(253)]) {
    const event = writeEvent(told({ subject: subjectOf({ generateName: name }, 'shop'), message: 'x'.repeat(2000) }), 5)
    t.regex(event.metadata.name, /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/)
    t.true(event.message.length <= 1024)
  }
})

async function report (tell: (tell: (told: Told) => void) => void, parts: Partial<ReporterDeps> = {}) {
  const { log, events } = quietLog()
  const created: EventObject[] = []
  const outcomes: string[] = []
  const stopping = new AbortController()
  const reporter = createReporter({
    create: async event => {
      created.push(event)
      return true
    },
    isForbidden: () => false,
    nowMs: () => 5,
    wait: async () => {},
    onOutcome: outcome => { outcomes.push(outcome) },
    log,
    ...parts
  })
  tell(reporter.tell)
  const running = reporter.run(stopping.signal)
  await new Promise(resolve => setTimeout(resolve, 20))
  stopping.abort()
  await running
  return { created, outcomes, events }
}

test('a thousand pods of one owner make one Event', async t => {
  const { created, outcomes } = await report(tell => {
    for (let index = 0; index < 1000; index++) tell(told())
    tell(told({ reason: 'WaylayBypassed' }))
  })

  t.is(created.length, 2)
  t.deepEqual(outcomes, ['created', 'created'])
})

test('a thousand owners at once are cut to what anybody could read', async t => {
  const { outcomes } = await report(tell => {
    for (let index = 0; index < 1000; index++) tell(told({ subject: subjectOf({ name: `p${index}` }, 'shop') }))
  })

  t.is(outcomes.filter(outcome => outcome === 'created').length, 500)
  t.is(outcomes.filter(outcome => outcome === 'dropped').length, 500)
})

test('a missing right is said once and a failure each time', async t => {
  const tell = (tell: (told: Told) => void): void => {
    for (const name of ['a', 'b', 'c']) tell(told({ subject: subjectOf({ name }, 'shop') }))
  }
  const create = async (): Promise<never> => { throw new Error('no') }

  t.deepEqual((await report(tell, { create, isForbidden: () => true })).events, ['warn event.forbidden'])
  t.is((await report(tell, { create })).events.length, 3)
})
