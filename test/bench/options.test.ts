import test from 'ava'
import { parseOptions } from '../../bench/options.ts'
import { chooseRows, estimateSeconds } from '../../bench/plan.ts'
import { ROW_NAMES } from '../../bench/row-names.ts'
import { createRows } from '../../bench/rows.ts'
import { sideOf } from '../../bench/sides/all.ts'
import { SIDE_NAMES, type Paths } from '../../bench/sides/side.ts'
import { sumTurns, supervisorNodeOptions } from '../../bench/sides/waylay.ts'

const ALL: Paths = { bundle: '', go: '/go', haproxy: true, nghttp2: true, profile: undefined }

test('rows and sides are chosen by name, in their own order', t => {
  const options = parseOptions(['--only', 'large,small', '--sides', 'waylay-one,nginx', '--rounds', '3', '--seconds', '2'])
  t.deepEqual(options.rows, ['small', 'large'])
  t.deepEqual(options.sides, ['nginx', 'waylay-one'])
  t.deepEqual([options.rounds, options.seconds], [3, 2])
})

test('without flags everything is measured in five rounds', t => {
  const options = parseOptions([])
  t.deepEqual(options.rows, ROW_NAMES)
  t.deepEqual(options.sides, SIDE_NAMES)
  t.is(options.rounds, 5)
  t.false(options.json)
  t.is(options.out, undefined)
})

test('a wrong flag is refused with what there is', t => {
  t.throws(() => parseOptions(['--only', 'smal']), { message: /"smal".*small, ondemand/ })
  t.throws(() => parseOptions(['--sides', 'envoy']), { message: /"envoy".*haproxy/ })
  t.throws(() => parseOptions(['--rounds', '0']), { message: /--rounds: "0"/ })
  t.throws(() => parseOptions(['--seconds', '1.5']), { message: /--seconds/ })
  t.throws(() => parseOptions(['--fast']), { instanceOf: TypeError })
})

test('there is a row and a side for every name', t => {
  t.deepEqual(createRows(ALL).map(({ name }) => name).sort(), [...ROW_NAMES].sort())
  t.deepEqual(SIDE_NAMES.map(name => sideOf(name).name), [...SIDE_NAMES])
})

test('what cannot be had is named, and the rest is measured', t => {
  const { rows, missing } = chooseRows(parseOptions([]), { ...ALL, go: undefined, haproxy: false, nghttp2: false })
  t.deepEqual([...missing].sort(), [
    'row grpc: h2load and nghttpd could not be installed', 'side go: Go is not installed',
    'side haproxy: haproxy could not be installed'
  ])
  t.false(rows.some(({ row }) => row.name === 'grpc'))
  t.false(rows.some(({ sides }) => sides.includes('haproxy') || sides.includes('go')))
  t.true(rows.some(({ sides }) => sides.includes('nginx')))
})

test('a run of everything is estimated at less than a quarter of an hour', t => {
  const options = parseOptions([])
  const seconds = estimateSeconds(chooseRows(options, ALL).rows, options)
  t.true(seconds < 900, `${seconds} s`)
})

test('turns and opaque connections are added up, and other metrics are refused', t => {
  const metrics = [
    '# TYPE waylay_turns_total counter', 'waylay_turns_total{port="8080",route="app"} 12',
    'waylay_turns_total{port="8080",route="x"} 3', '# TYPE waylay_opaque_total counter',
    'waylay_opaque_total{port="8080",reason="not-http"} 5', '# TYPE waylay_sessions gauge', 'waylay_sessions 9'
  ].join('\n')
  t.is(sumTurns(metrics), 20)
  t.throws(() => sumTurns('# TYPE waylay_turns_total counter'), { message: /does not say/ })
})

test('the proxy gets the heap that its supervisor gives it', t => {
  t.regex(supervisorNodeOptions(), /^--max-old-space-size=\d+/)
})
