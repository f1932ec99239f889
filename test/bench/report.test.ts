import test from 'ava'
import { align, figureTable, rowTable } from '../../bench/report.ts'
import { rotate } from '../../bench/run-row.ts'

test('columns are as wide as their widest cell, numbers to the right', t => {
  t.is(align([['side', 'a'], ['x', '1,000']]), 'side      a\nx     1,000')
})

const ROW = { name: 'small', about: 'some load', fields: ['requestsPerSecond', 'cpuUs'] } as const

test('a row shows medians, their ratio to nginx, and the spread of its first field', t => {
  const table = rowTable(ROW, {
    direct: [{ requestsPerSecond: 3000, cpuUs: NaN }],
    nginx: [
      { requestsPerSecond: 1000, cpuUs: 20 },
      { requestsPerSecond: 1200, cpuUs: 22 },
      { requestsPerSecond: 900, cpuUs: 20 }
    ],
    'waylay-one': [{ requestsPerSecond: 1100, cpuUs: 25 }]
  })
  t.is(table, [
    'small: some load',
    'side        requests/s  /nginx  CPU µs/request  /nginx  requests/s, all rounds',
    'direct           3,000    3.00               -       -             3,000-3,000',
    'nginx            1,000    1.00           20.00    1.00               900-1,200',
    'waylay-one       1,100    1.10           25.00    1.25             1,100-1,100'
  ].join('\n'))
})

test('errors, and others that used the cores, are shown where there were any', t => {
  const table = rowTable({ ...ROW, fields: ['requestsPerSecond'] }, {
    nginx: [{ requestsPerSecond: 1000, errors: 0, foreignPercent: 2 }],
    'waylay-one': [
      { requestsPerSecond: 1000, errors: 3, foreignPercent: 1 },
      { requestsPerSecond: 1000, errors: 1, foreignPercent: 40 }
    ]
  })
  t.regex(table, /errors \(worst\) {2}others % \(worst\)\n/)
  t.regex(table, /^nginx .* 0 +2$/m)
  t.regex(table, /^waylay-one .* 3 +40$/m)
})

test('a row without nginx is compared with the app alone', t => {
  t.regex(rowTable(ROW, { direct: [{ requestsPerSecond: 2 }], 'waylay-on-demand': [{ requestsPerSecond: 1 }] }), /\/direct/)
})

test('figures stand beside their bars', t => {
  const table = figureTable([
    { name: 'a.b', row: 'small', value: 1.0154, bar: { atLeast: 1 }, spread: [0.9, 1.2], met: true },
    { name: 'c.cpu', row: 'small', value: 1.3, bar: { atMost: 1 }, interval: [1.2, 1.4], met: false },
    { name: 'd', row: 'small', value: null, bar: { atMost: 1 }, met: null }
  ])
  t.is(table, [
    'figure  value   bar                        uncertainty',
    'a.b     1.015  >= 1           met  rounds: 0.900-1.200',
    'c.cpu   1.300  <= 1        MISSED    95 %: 1.200-1.400',
    'd           -  <= 1  not measured'
  ].join('\n'))
})

test('every side comes first in some round', t => {
  t.deepEqual([0, 1, 2, 3].map(round => rotate(['a', 'b', 'c'], round).join('')), ['abc', 'bca', 'cab', 'abc'])
  t.deepEqual(rotate([], 3), [])
})
