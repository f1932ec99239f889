import test from 'ava'
import { parseReach, parseSocksPort } from '../../../cli/reach/reach-wish.ts'
import { toServiceName } from '../../../cli/reach/service-name.ts'

test('--reach names host, port and the port of this machine', t => {
  t.deepEqual(parseReach('ledger:80=8081'), { host: 'ledger', port: 80, developerPort: 8081 })
  t.deepEqual(parseReach('db.example.org:5432'), { host: 'db.example.org', port: 5432, developerPort: 5432 })
  t.deepEqual(parseReach('[fd00::9]:80=8081'), { host: 'fd00::9', port: 80, developerPort: 8081 })
})

test('a --reach that cannot be read is refused with an example', t => {
  for (const text of ['', 'ledger', 'ledger:', ':80', 'ledger:http', 'ledger:80=', 'ledger:0', 'ledger:70000', 'ledger:80=99999', 'fd00::9:80', 'a b:80', 'ledger:80=1=2']) {
    const error = t.throws(() => parseReach(text), { code: 'WAYLAY_USAGE' }, text)
    t.true(error.message.includes(`"${text}"`))
  }
  t.throws(() => parseSocksPort('x'), { code: 'WAYLAY_USAGE', message: /--socks "x"/ })
  t.is(parseSocksPort('1080'), 1080)
})

test('a host is read as the cluster\'s DNS reads it', t => {
  const ledger = { name: 'ledger', namespace: 'shop' }
  t.deepEqual(toServiceName('ledger', 'shop'), ledger)
  for (const host of ['ledger.shop', 'Ledger.Shop.svc', 'ledger.shop.svc.cluster.local', 'ledger.shop.svc.k8s.example.org.']) {
    t.deepEqual(toServiceName(host, 'else'), ledger, host)
  }
  t.deepEqual(toServiceName('db-0.db.shop.svc.cluster.local', 'else'), { hostname: 'db-0', name: 'db', namespace: 'shop' })
  t.deepEqual(toServiceName('example.org', 'shop'), { name: 'example', namespace: 'org' })
  for (const host of ['www.example.org', 'a_b', '', '..', 'a/../b', '-a', 'x'.repeat(64), 'api.v1/x', 'a%2fb']) {
    t.is(toServiceName(host, 'shop'), undefined, host)
  }
})
