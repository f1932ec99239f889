import test from 'ava'
import { companionName, copyName, readEnvironmentName } from '../../environments/names.ts'

const LABEL = /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/

test('the copy of a Deployment is called by it and the environment', t => {
  t.is(copyName('deployment/payments', 'pr-123'), 'payments-pr-123')
  t.is(copyName('statefulset/payments', 'pr-123'), 'payments-statefulset-pr-123')
})

test('a copy\'s name is always one of a Service, and never that of another workload', t => {
  const long = 'a'.repeat(80)
  const names = [
    copyName(`deployment/${long}b`, 'pr-1'), copyName(`deployment/${long}c`, 'pr-1'), copyName('deployment/1st', 'pr-1'),
    copyName('deployment/shop.web', 'pr-1'), copyName(`deployment/${long}b`, 'p'.repeat(40))
  ]
  for (const name of names) t.regex(name, LABEL)
  t.is(new Set(names).size, names.length)
})

test('the names of environments are those that all its objects can have', t => {
  for (const name of ['pr-123', 'a', 'x'.repeat(40)]) {
    t.is(readEnvironmentName(name), name)
    t.regex(companionName(name), LABEL)
  }
  for (const name of ['', '1pr', 'PR-1', 'pr_1', 'pr-', 'x'.repeat(41), 'pr.1', '../x']) {
    t.throws(() => readEnvironmentName(name), { message: /cannot be called/ })
  }
})
