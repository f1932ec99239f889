import test from 'ava'
import { WEBHOOK_FIGURE_RULES } from '../../bench/webhook/figures.ts'
import { parseWebhookOptions } from '../../bench/webhook/options.ts'
import { reviewFor } from '../../bench/webhook/review.ts'
import { WEBHOOK_ROW_NAMES, WEBHOOK_ROWS } from '../../bench/webhook/rows.ts'
import { computeFigures } from '../../bench/figures.ts'
import { planInjection } from '../../webhook/injection/plan.ts'
import { readPod } from '../../webhook/injection/pod.ts'
import { readReview } from '../../webhook/review.ts'
import { aContext } from '../webhook/pods.ts'

const UID = '5c2d4a54-0000-4000-8000-000000000001'

test('every row has its name and is measured unless others are chosen', t => {
  t.deepEqual(WEBHOOK_ROWS.map(({ name }) => name), [...WEBHOOK_ROW_NAMES])
  t.deepEqual(parseWebhookOptions([]).rows, WEBHOOK_ROW_NAMES)
  t.deepEqual(parseWebhookOptions(['--only', 'images,steady']).rows, ['steady', 'images'])
  t.throws(() => parseWebhookOptions(['--only', 'speed']), { message: /no "speed"/ })
  t.throws(() => parseWebhookOptions(['--pods', '0']), { message: /--pods: "0"/ })
})

test('every figure belongs to a row and to sides of it', t => {
  for (const { name, row, sides } of WEBHOOK_FIGURE_RULES) {
    const found = WEBHOOK_ROWS.find(one => one.name === row)
    t.deepEqual(sides.filter(side => found?.sides.includes(side) !== true), [], name)
  }
})

test('the added readiness is the difference of the medians', t => {
  const ms = (values: readonly number[]) => values.map(wholeMs => ({ wholeMs }))
  const readiness = { plain: ms([1, 900, 100]), waylay: ms([700, 650, 5000]), bare: ms([600, 1, 700]) }
  const figures = computeFigures({ readiness }, WEBHOOK_FIGURE_RULES)
  const valueOf = (name: string) => figures.find(figure => figure.name === name)
  t.like(valueOf('pod.added_readiness_ms'), { value: 600, met: false })
  t.like(valueOf('pod.added_readiness_ms.vs_any_init_and_sidecar'), { value: 100, met: true })
})

test('the review of the bench is one, and its pod is injected', t => {
  const request = readReview(JSON.parse(reviewFor('shop').replaceAll('UID', UID)))
  t.like(request, { uid: UID, namespace: 'shop', operation: 'CREATE' })
  t.is(planInjection(readPod(request.object), aContext()).kind, 'inject')
})
