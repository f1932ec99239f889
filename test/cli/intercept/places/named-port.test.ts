import test from 'ava'
import { checkWay } from '../../../../cli/intercept/places/check-way.ts'
import { findPlaces } from '../../../../cli/intercept/places/find-places.ts'
import { describeNamedPort } from '../../../../cli/intercept/places/named-port.ts'
import { addPortHint } from '../../../../cli/intercept/places/ports-annotation.ts'
import { parseWorkloadName } from '../../../../cli/workload-name.ts'
import { startObjectServer } from '../../helpers/object-server.ts'
import { aPod, aService, aWorkload } from '../../helpers/workload-objects.ts'

const BY_NAME = aService('by-name', { selector: { app: 'payments' }, ports: [{ port: 80, targetPort: 'http' }] })
const BY_NUMBER = aService('by-number', { selector: { app: 'payments' }, ports: [{ port: 80, targetPort: 8080 }] })

for (const [services, typed, expected] of [
  [[BY_NUMBER, BY_NAME], 'payments', 'by-name.shop'],
  [[BY_NUMBER], 'payments', undefined],
  [[BY_NAME], 'service/by-name', 'by-name.shop'],
  [[BY_NUMBER], 'service/by-number', undefined]
] as const) {
  const names = services.map(({ metadata }) => metadata.name).join(' and ')
  test(`of ${names}, ${expected ?? 'nothing'} leads ${typed} to a proxy that has the name`, async t => {
    const { cluster } = await startObjectServer(t, {
      deployments: [aWorkload('payments')],
      pods: [aPod('p1', { workload: 'deployment/payments', isNamedPort: true })],
      services
    })

    const { places: [place] } = await findPlaces(cluster, 'shop', parseWorkloadName(typed), [undefined])

    t.is(place?.port.port, 8080)
    t.is((await place?.service)?.host, expected)
  })
}

test('without a Service that leads to the proxies no pod is asked, whose address leads past them', async t => {
  const pods = ['a', 'b'].map((name, index) => ({ pod: { name }, address: `10.0.0.${index + 1}` }))
  const check = async (): Promise<never> => await Promise.reject(new Error('was asked'))

  const { kind, text } = await checkWay({ intercept: 'i', pods, appPort: 8080, isByName: true, check })

  t.is(kind, 'unchecked')
  t.regex(text, /no Service .* leads to the proxy.*targetPort must be the name/)
})

test('what is said of the mode: names alone, which numbers are not seen, and that it fails closed', t => {
  const text = describeNamedPort('deployment/payments', [8080, 9090])

  t.regex(text, /named-port/)
  t.regex(text, /calls a number \(8080, 9090\) goes to the app/)
  t.regex(text, /while a pod's proxy is down, so is its named port/)
})

test('one more port is had by a name, not by the annotation of ports', t => {
  const status = { version: '0.1.0', mode: 'named-port', workload: 'deployment/payments', ports: [] } as const

  const hint = addPortHint({ id: 'deployment/payments', namespace: 'shop', podQuery: '' }, [status], 9090)

  t.regex(hint, /Give port 9090 a name in the containerPorts of deployment\/payments, and in the targetPort/)
  t.notRegex(hint, /waylay\.dev\/ports/)
})
