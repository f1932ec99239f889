import test from 'ava'
import { readCalicoSelector } from '../../../../cli/ephemeral/policies/calico-selector.ts'

const LABELS = { app: 'payments', tier: 'back-end' }

const SELECTS = [
  '', 'all()', 'app == "payments"', 'app==\'payments\'', 'app != "web"', 'none != "x"', 'has(app)', '!has(none)',
  'app in {"web", "payments"}', 'app not in { "web" }', 'none not in {"web"}', 'tier contains "ck-e"',
  'tier starts with "back"', 'tier ends with "end"', '(app == "web" || has(tier)) && app == "payments"',
  'app == "web" && has(none) || has(tier)', '! (app == "web")', '!!has(app)'
]

const SELECTS_NOT = [
  'app == "web"', 'app != "payments"', 'has(none)', 'none in {"x"}', 'app in {}', '!all()', 'none contains ""',
  'has(app) && !has(tier)', 'app == "web" && (has(none) || has(tier))'
]

const UNREADABLE = ['app', 'app ==', 'app == payments', '&& has(app)', 'has(app', 'has()', 'app in "x"', 'app ~ "x"', 'any()']

test('a selector of Calico is read as it is meant', t => {
  for (const text of SELECTS) t.is(readCalicoSelector(text)?.(LABELS), true, text)
  for (const text of SELECTS_NOT) t.is(readCalicoSelector(text)?.(LABELS), false, text)
})

test('what is no selector is not taken for one', t => {
  for (const text of UNREADABLE) t.is(readCalicoSelector(text), undefined, text)
})
