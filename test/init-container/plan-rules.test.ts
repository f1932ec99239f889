import test from 'ava'
import { describePlan } from '../../init-container/describe-plan.ts'
import { checkConfig } from '../../init-container/check-config.ts'
import { parseSavedRules } from '../../init-container/found-rules.ts'
import { renderNftRules } from '../../init-container/nft-rules.ts'
import { planRules } from '../../init-container/plan-rules.ts'
import { planRemoval, renderRules } from '../../init-container/render-rules.ts'

const CONFIG = {
  ports: [{ port: 8080, listener: 15100, redirect: 'always' as const }],
  detours: [{ port: 15500, to: 8080 }]
}

test('the rules of one port and one probe are exactly these', t => {
  const rendered = renderRules(planRules(CONFIG, 4), { withJump: [], withComments: false })

  t.deepEqual(rendered.split('\n'), [
    '*mangle',
    ':WAYLAY_BEAT - [0:0]',
    '-A OUTPUT -o lo -p udp -j WAYLAY_BEAT',
    '-A WAYLAY_BEAT -d 127.0.0.1/32 -p udp -m udp --dport 15100 -m owner --gid-owner 15901 ' +
      '-m recent --name waylay-8080 --set --mask 0.0.0.0',
    '-A WAYLAY_BEAT -d 127.0.0.1/32 -p udp -m udp --dport 15300 -m owner --gid-owner 15901 ' +
      '-m recent --name waylay-8080 --remove --mask 0.0.0.0',
    'COMMIT',
    '*nat',
    ':WAYLAY_INBOUND - [0:0]',
    '-A PREROUTING -j WAYLAY_INBOUND',
    '-A WAYLAY_INBOUND -m addrtype --src-type LOCAL -j RETURN',
    '-A WAYLAY_INBOUND -p tcp -m tcp --dport 15500 -j REDIRECT --to-ports 8080',
    '-A WAYLAY_INBOUND -p tcp -m tcp --dport 8080 -m recent --name waylay-8080 --rcheck --seconds 2 --mask 0.0.0.0 ' +
      '-j REDIRECT --to-ports 15100',
    'COMMIT',
    ''
  ])
})

test('the IPv6 rules have their own list, mask and loopback', t => {
  const rendered = renderRules(planRules(CONFIG, 6), { withJump: [], withComments: false })

  t.regex(rendered, /-d ::1\/128 -p udp -m udp --dport 15100 .* --name waylay6-8080 --set --mask ::\n/)
  t.regex(rendered, /--name waylay6-8080 --rcheck --seconds 2 --mask :: -j REDIRECT --to-ports 15100\n/)
  t.notRegex(rendered, /127\.0\.0\.1|0\.0\.0\.0/)
})

test('no redirect of an app port is without its switch', t => {
  const ports = [80, 8080, 9000].map((port, index) => ({ port, listener: 15100 + index, redirect: 'always' as const }))
  const redirects = planRules({ ports, detours: CONFIG.detours }, 4).filter(({ target }) => target.includes('REDIRECT'))
  const plain = redirects.filter(({ match }) => !match.includes('--rcheck'))

  t.is(redirects.length, 4)
  t.deepEqual(plain.map(({ target }) => target.at(-1)), ['8080'])
})

test('no redirect of an app port is without its switch in nftables either', t => {
  const lines = renderNftRules(CONFIG, 4).split('\n').filter(line => line.includes(' redirect to '))

  t.deepEqual(lines.map(line => line.trim().replace(/ comment .*/, '')), [
    'tcp dport 15500 redirect to :8080',
    'tcp dport 8080 meta protocol @armed-8080 redirect to :15100'
  ])
})

test('every rule says in a comment what it is for', t => {
  for (const { comment } of planRules(CONFIG, 4)) t.regex(comment, /^waylay: [\w ]+$/)
})

test('a jump that is already there is not written again', t => {
  const rendered = renderRules(planRules(CONFIG, 4), { withJump: ['nat'], withComments: true })

  t.notRegex(rendered, /-A PREROUTING/)
  t.regex(rendered, /-A OUTPUT/)
})

test('a dry run shows addresses and rules of both families', t => {
  const text = describePlan(CONFIG)

  t.regex(text, /address replace 169\.254\.15\.1\/24 dev lo/)
  t.is(text.match(/address replace fd77:6179:6c61:79::\d\/128/g)?.length, 8)
  t.is(text.match(/COMMIT/g)?.length, 4)
})

test('saved rules show our jumps, our chains and strangers', t => {
  const found = parseSavedRules([
    '# Generated', '*nat', ':PREROUTING ACCEPT [0:0]', ':WAYLAY_INBOUND - [0:0]',
    '-A PREROUTING -p tcp -j ISTIO_INBOUND',
    '-A PREROUTING -m comment --comment "waylay: connections into the pod" -j WAYLAY_INBOUND',
    '-A WAYLAY_INBOUND -j RETURN', 'COMMIT', '*filter', '-A OUTPUT -j WAYLAY_BEAT', 'COMMIT', ''
  ].join('\n'))

  t.deepEqual(found, {
    ruleCount: 4,
    jumps: [{ table: 'nat', position: 2 }],
    chains: ['nat'],
    foreign: ['-A PREROUTING -p tcp -j ISTIO_INBOUND']
  })
})

test('a removal goes from the last jump to the first', t => {
  const jumps = [1, 3].map(position => ({ table: 'nat' as const, position }))

  t.deepEqual(planRemoval({ ruleCount: 9, jumps, chains: ['nat'], foreign: [] }), [
    ['-t', 'nat', '-D', 'PREROUTING', '3'],
    ['-t', 'nat', '-D', 'PREROUTING', '1'],
    ['-t', 'nat', '-F', 'WAYLAY_INBOUND'],
    ['-t', 'nat', '-X', 'WAYLAY_INBOUND']
  ])
  t.deepEqual(planRemoval(parseSavedRules('')), [])
})

const isRefused = test.macro((t, ports: readonly (readonly [number, number])[], message: RegExp) => {
  const config = { ports: ports.map(([port, listener]) => ({ port, listener, redirect: 'always' as const })), detours: [] }
  t.throws(() => checkConfig(config), { code: 'WAYLAY_CONFIG_INVALID', message })
})

test('two entries for one app port are refused by name', isRefused, [[80, 15100], [80, 15101]], /^80 is there twice/)
test('a listener on a disarm port is refused by name', isRefused, [[80, 15100], [81, 15300]], /^15300 is there twice/)
