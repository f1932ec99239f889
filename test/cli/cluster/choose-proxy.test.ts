import test from 'ava'
import { chooseProxy } from '../../../cli/cluster/choose-proxy.ts'

const PROXY = 'http://proxy.example:3128'

const proxied = test.macro((t, server: string, noProxy: string, expected: boolean) => {
  const chosen = chooseProxy(new URL(server), undefined, { HTTPS_PROXY: PROXY, NO_PROXY: noProxy })
  t.is(chosen !== undefined, expected, `${server} with NO_PROXY=${noProxy}`)
})

// https://pkg.go.dev/golang.org/x/net/http/httpproxy#Config.NoProxy
test('a server that NO_PROXY does not name is reached through it', proxied, 'https://api.example:6443', 'other.example', true)
test('a domain means itself', proxied, 'https://api.example', 'api.example', false)
test('a domain means what lies below it', proxied, 'https://a.api.example', 'api.example', false)
test('a domain does not mean names that only end like it', proxied, 'https://myapi.example', 'api.example', true)
test('a domain with a dot in front means only what lies below', proxied, 'https://api.example', '.api.example', true)
test('a domain with a star and a dot means what lies below', proxied, 'https://a.api.example', '*.api.example', false)
test('a domain in capitals means the same', proxied, 'https://api.example', 'API.Example', false)
test('a domain with a port means that port only', proxied, 'https://api.example:6443', 'api.example:443', true)
test('a domain with the port of the server means it', proxied, 'https://api.example:6443', 'x, api.example:6443', false)
test('a port that the server leaves out is that of its scheme', proxied, 'https://api.example', 'api.example:443', false)
test('a star means every server there is', proxied, 'https://api.example', 'a,*', false)
test('an address means itself and nothing below', proxied, 'https://10.0.0.1:6443', '10.0.0.1', false)
test('an address with another port is not meant', proxied, 'https://10.0.0.1:6443', '10.0.0.1:443', true)
test('a network means every address in it', proxied, 'https://10.1.2.3', '10.0.0.0/8', false)
test('a network does not mean addresses beside it', proxied, 'https://11.1.2.3', '10.0.0.0/8', true)
test('a network of IPv6 means its addresses', proxied, 'https://[fd00::7]:6443', 'fd00::/16', false)
test('an address of IPv6 is named without brackets', proxied, 'https://[fd00::7]:6443', 'fd00::7', false)
test('an address of IPv6 with a port is named in brackets', proxied, 'https://[fd00::7]:6443', '[fd00::7]:6443', false)
test('an entry that is not to be read means nobody', proxied, 'https://api.example', ':443,/8,10.0.0.0/99', true)
test('this machine by its name is never asked through a proxy', proxied, 'https://localhost:6443', '', false)
test('this machine by an address is never asked through a proxy', proxied, 'https://127.0.0.2:6443', '', false)
test('this machine by its address of IPv6 is never asked through a proxy', proxied, 'https://[::1]:6443', '', false)

test('capitals win over small letters, and each scheme has its own variable', t => {
  const server = new URL('https://api.example')
  const host = (env: Readonly<Record<string, string>>, url = server): string | undefined =>
    chooseProxy(url, undefined, env)?.host
  t.is(host({ HTTPS_PROXY: 'http://a:1', https_proxy: 'http://b:2' }), 'a:1')
  t.is(host({ HTTPS_PROXY: '', https_proxy: 'http://b:2' }), 'b:2')
  t.is(host({ https_proxy: 'http://b:2', no_proxy: 'api.example' }), undefined)
  t.is(host({ HTTP_PROXY: 'http://a:1' }), undefined)
  t.is(host({ HTTP_PROXY: 'http://a:1' }, new URL('http://api.example')), 'a:1')
  t.is(host({ ALL_PROXY: 'http://a:1' }), undefined, 'kubectl does not know it')
})

test('a proxy without a scheme is one that is spoken to in plain HTTP', t => {
  t.is(chooseProxy(new URL('https://api.example'), undefined, { HTTPS_PROXY: 'proxy.example:3128' })?.href, `${PROXY}/`)
})

test('the proxy of the kubeconfig wins over the environment, NO_PROXY included', t => {
  const env = { HTTPS_PROXY: PROXY, NO_PROXY: '*' }
  t.is(chooseProxy(new URL('https://localhost'), 'socks5://10.0.0.9:1080', env)?.href, 'socks5://10.0.0.9:1080')
})

test('what is no proxy is refused without telling its password', t => {
  for (const url of ['ftp://u:hush@proxy.example', 'http://']) {
    const error = t.throws(() => chooseProxy(new URL('https://api.example'), url, {}))
    t.like(error, { code: 'WAYLAY_PROXY' })
    t.notRegex(error?.message ?? '', /hush/)
  }
})
