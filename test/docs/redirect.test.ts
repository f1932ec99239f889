import test from 'ava'
import { SWITCH } from '../../common/contract.ts'
import { renderNftRules } from '../../init-container/nft-rules.ts'
import { planRules } from '../../init-container/plan-rules.ts'
import { renderRules } from '../../init-container/render-rules.ts'
import { planAddresses } from '../../init-container/source-addresses.ts'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { blocksOf, pageAt, ROOT } from './pages.ts'

const page = pageAt('docs/redirect.md')
const SAMPLE = {
  ports: [{ port: 8080, listener: 15100, redirect: 'always' as const }],
  detours: [{ port: 15500, to: 8080 }]
}

test('the rules that the docs quote are those the code writes', t => {
  const rules = renderRules(planRules(SAMPLE, 4), { withJump: [], withComments: true })
  t.is(blocksOf(page)[0]?.text, `${planAddresses([4], 'replace').join('\n')}\n${rules}`)
})

test('the nftables rules that the docs quote are those the code writes', t => {
  t.is(blocksOf(page)[1]?.text, renderNftRules(SAMPLE, 4))
})

test('what the docs say about IPv6 is in its rules', t => {
  const rules = renderRules(planRules(SAMPLE, 6), { withJump: [], withComments: true })
  for (const piece of ['::1/128', '--mask ::', 'waylay6-8080']) {
    t.true(page.text.includes(`\`${piece}\``) || page.text.includes(piece), piece)
    t.true(rules.includes(piece), piece)
  }
})

test('the numbers of the switch in the docs are the code\'s', t => {
  t.true(page.text.includes(`every ${SWITCH.beatIntervalMs} ms`))
  t.true(page.text.includes(`at most ${SWITCH.holdSeconds} seconds old`))
  t.true(page.text.includes(`SIGKILL after ${SWITCH.lifeTimeoutMs / 1000} s`))
})

test('the numbers of the supervisor in the docs are the script\'s', t => {
  const script = readFileSync(join(ROOT, 'proxy/supervisor.sh'), 'utf8')
  const number = (name: string): number => Number(new RegExp(`^${name}=(\\d+)`, 'm').exec(script)?.[1])
  t.true(page.text.includes(`SIGKILL after ${number('first_byte_seconds')} s`))
  t.true(page.text.includes(`SIGKILL after ${number('life_seconds')} s`))
  t.true(page.text.includes(`${number('backoff_ms')} ms, doubling to ${number('longest_backoff_ms') / 1000} s`))
  t.true(page.text.includes(`after a life of ${number('good_life_seconds')} s`))
})
