import { createServer, type AddressInfo } from 'node:net'
import { once } from 'node:events'
import test from 'ava'
import { visibleCommands } from './helpers/a-program.ts'
import { runToEnd } from './helpers/run-cli.ts'
import { writeKubeconfig } from './helpers/kubeconfig.ts'

for (const command of ['', ...visibleCommands().map(known => known.name())]) {
  test(`the help of "${command}" ends with examples and exit codes`, async t => {
    const args = command === '' ? ['--help'] : [command, '--help']
    const { exitCode, stdout } = await runToEnd(t, args)

    t.is(exitCode, 0)
    t.regex(stdout, /Examples:\n {2}\$ (waylay|kubectl) /)
    t.regex(stdout, /Exit codes:\n {2}0 /)
    t.regex(stdout, /--context <name>/)
  })
}

test('a bare waylay prints its help and counts as wrong usage', async t => {
  const { exitCode, stderr } = await runToEnd(t, [])

  t.is(exitCode, 2)
  t.regex(stderr, /Usage: waylay/)
})

test('version prints the version on stdout', async t => {
  t.regex((await runToEnd(t, ['version', '--client'])).stdout, /^waylay \d+\.\d+\.\d+$/)
  t.regex((await runToEnd(t, ['--version'])).stdout, /^\d+\.\d+\.\d+$/)
})

type Refusal = { readonly exitCode: number, readonly says: RegExp, readonly code: string }

const refuses = test.macro(async (t, args: readonly string[], { exitCode, says, code }: Refusal) => {
  const answer = await runToEnd(t, args, {})

  t.is(answer.exitCode, exitCode)
  t.regex(answer.stderr, says)
  t.regex(answer.stderr, new RegExp(`\\n {2}Try: {3}.+\\n {2}Code: {2}${code} {3}\\(see docs/errors.md\\)$`))
  t.notRegex(answer.stderr, /\n {4}at /)
  t.is(answer.stdout, '')
})

const usage = { exitCode: 2, code: 'WAYLAY_USAGE' }

test('an unknown command is answered with the nearest one', refuses, ['lst'],
  { ...usage, says: /^Unknown command 'lst' \(Did you mean list\?\)/ })
test('an unknown flag is answered with the nearest one', refuses, ['intercept', 'payments', '--prt', '3000'],
  { ...usage, says: /^Unknown option '--prt' \(Did you mean --port\?\)/ })
test('an intercept without a workload is refused', refuses, ['intercept', '--port', '3000'],
  { ...usage, says: /^Missing required argument 'workload'/ })
test('an intercept without a port shows one that works', refuses, ['intercept', 'payments'],
  { ...usage, says: /--port is missing(.|\n)*waylay intercept payments --port 3000/ })
test('a bad port is repeated in the refusal', refuses, ['intercept', 'payments', '--port', '99999'],
  { ...usage, says: /^Cannot read --port 99999: "99999" is not a port/ })
test('a malformed header is repeated in the refusal', refuses, ['intercept', 'payments', '-p', '3000', '--http-header', 'x-user'],
  { exitCode: 2, code: 'WAYLAY_HEADER_MALFORMED', says: /^Cannot read the header condition "x-user": there is no "="/ })
test('a bad --id is refused as the header value it is', refuses, ['intercept', 'payments', '-p', '3000', '--id', ' '],
  { exitCode: 2, code: 'WAYLAY_HEADER_MALFORMED', says: /the value is empty/ })
test('--global beside a header is refused as meaningless', refuses,
  ['intercept', 'payments', '-p', '3000', '--global', '--http-header', 'a=b'], { ...usage, says: /^--global diverts every request/ })
test('a second word without "--" is refused by name', refuses, ['intercept', 'payments', 'orders', '-p', '3000'],
  { ...usage, says: /^Unexpected word "orders" after the workload/ })
test('the help that a refusal names is that of the command\'s own command', refuses, ['preview', 'list', 'extra'],
  { ...usage, says: /Try: {3}waylay preview list --help$/m })
test('an unknown output format is refused with those there are', refuses, ['list', '--output', 'yaml'],
  { ...usage, says: /Allowed choices are text, json/ })
test('leave without a name or --all is refused', refuses, ['leave'], { ...usage, says: /^Name a workload/ })
test('a timeout that is no number is refused', refuses, ['install', '--timeout-seconds', 'soon'],
  { ...usage, says: /Expected a whole number of seconds/ })
test('a kubeconfig that is not there is named', refuses, ['list', '--kubeconfig', '/nonexistent/config'],
  { exitCode: 4, code: 'WAYLAY_NO_CLUSTER', says: /^Cannot read the kubeconfig \/nonexistent\/config: ENOENT/ })

test('an unknown context is answered with those there are', async t => {
  const file = await writeKubeconfig(t, 'https://127.0.0.1:1')

  const { exitCode, stderr } = await runToEnd(t, ['list', '--kubeconfig', file, '--context', 'production'])

  t.is(exitCode, 4)
  t.regex(stderr, /^The kubeconfig has no context "production"; it holds: test\n/)
})

test('a cluster that refuses connections is named with its address', async t => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  const file = await writeKubeconfig(t, `https://127.0.0.1:${port}`)

  const { exitCode, stderr } = await runToEnd(t, ['list', '--kubeconfig', file])

  t.is(exitCode, 4)
  t.regex(stderr, new RegExp(`^Cannot reach the cluster at https://127.0.0.1:${port} \\(context "test"\\): connection refused`))
  t.notRegex(stderr, /\n {4}at /)
})

test('--verbose adds the stack and its causes', async t => {
  const { stderr } = await runToEnd(t, ['list', '--kubeconfig', '/nonexistent/config', '--verbose'])

  t.regex(stderr, /\n {4}at /)
  t.regex(stderr, /ENOENT/)
})
