import test from 'ava'
import { parseDeveloperPort, type DeveloperPort } from '../../cli/developer-port.ts'

const reads = test.macro((t, text: string, expected: DeveloperPort) => {
  t.deepEqual(parseDeveloperPort(text), expected)
})

test('a number alone is the port of the developer', reads, '3000', { port: 3000 })
test('two numbers are the port of the developer and the app', reads, '3000:8080', { port: 3000, app: 8080 })
test('a name behind the port is a port of the app', reads, '3000:http', { port: 3000, app: 'http' })
test('a name before the port is a host', reads, 'localhost:3000', { host: 'localhost', port: 3000 })
test('host, port and app port are told apart', reads, 'host.docker.internal:3000:http',
  { host: 'host.docker.internal', port: 3000, app: 'http' })
test('an address of version 6 stands in brackets', reads, '[::1]:3000:80', { host: '::1', port: 3000, app: 80 })
test('a host of dots and digits is a host', reads, '10.0.0.2:3000', { host: '10.0.0.2', port: 3000 })

const refuses = test.macro((t, text: string, why: RegExp) => {
  const error = t.throws(() => parseDeveloperPort(text), { code: 'WAYLAY_USAGE', message: why })
  t.true(error.message.includes(text))
})

test('a port that is no number is refused', refuses, 'abc', /"abc" is not a port/)
test('port 0 is refused by its value', refuses, '0', /"0" is not a port/)
test('a port over 65535 is refused by its value', refuses, '70000', /"70000" is not a port/)
test('an app port over 65535 is refused too', refuses, '3000:70000', /"70000" is not a port/)
test('an app port name with an underscore is refused', refuses, '3000:my_port', /neither a port number nor a port name/)
test('an app port name over 15 characters is refused', refuses, '3000:abcdefghijklmnop', /neither/)
test('an empty app port is refused', refuses, '3000:', /neither/)
test('more than three parts are refused', refuses, 'a:1:2:3', /too many/)
test('an empty host is refused', refuses, ':3000', /host before ":" is empty/)
