import test from 'ava'
import { whyForbidden } from '../../tunnel/forbidden-address.ts'

const OWN = ['10.244.0.7', 'fd00:10:244::7', 'fd77:6179:6c61:79::1']

test('addresses that trust whoever reaches them are forbidden in every spelling', t => {
  for (const address of [
    '127.0.0.1', '127.255.0.9', '0.0.0.0', '0.1.2.3', '169.254.169.254', '169.254.170.2', '169.254.15.1', '224.0.0.1',
    '255.255.255.255', '168.63.129.16', '100.100.100.200', '192.0.0.192',
    '::', '::1', '0:0:0:0:0:0:0:1', '::ffff:127.0.0.1', '::ffff:7f00:1', '0:0:0:0:0:ffff:7f00:0001', '::FFFF:169.254.169.254',
    '::127.0.0.1', '::ffff:0:127.0.0.1', '64:ff9b::127.0.0.1', '64:ff9b::a9fe:a9fe', '64:ff9b:1::7f00:1', '2002:7f00:1::',
    'fe80::1', 'febf::1', 'fe80::1%eth0', 'fec0::1', 'ff02::1', 'fd00:ec2::254', 'fd00:ec2::23', 'fd20:ce::254',
    '10.244.0.7', '::ffff:10.244.0.7', 'fd00:10:244::7', 'fd00:10:244:0:0:0:0:7', 'fd77:6179:6c61:79::1'
  ]) t.truthy(whyForbidden(address, OWN), address)
})

test('addresses of the cluster and of the world are not forbidden', t => {
  for (const address of [
    '10.244.0.8', '10.96.0.1', '192.168.1.1', '172.16.0.1', '100.64.0.1', '8.8.8.8', '1.0.0.1', '223.255.255.255',
    'fd00:10:244::8', '2606:4700::1111', '64:ff9b::8.8.8.8', '::ffff:10.0.0.1', 'fd77:6179:6c61:79::9'
  ]) t.is(whyForbidden(address, OWN), undefined, address)
})

test('what is no address is forbidden, because nobody resolved it', t => {
  for (const text of ['', 'localhost', 'payments.shop', '0x7f000001', '2130706433', '127.1', '017700000001', '[::1]', '10.0.0.1:80', '1.2.3.4.5']) {
    t.regex(whyForbidden(text) ?? '', /is not an IP address$/, text)
  }
})
