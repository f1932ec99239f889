import test from 'ava'
import { helperName, LANGUAGE_VARIABLES, withoutOurs, withOurs } from '../../../webhook/injection/language-variables.ts'
import type { EnvironmentVariable } from '../../../webhook/injection/pod.ts'

const { nodejs, java, python } = LANGUAGE_VARIABLES
const OURS = nodejs.ours

/** What Kubernetes makes of an environment: a variable may refer to those before it; `$$(` is no reference. */
function expanded (
  env: readonly EnvironmentVariable[], sources: Readonly<Record<string, string>> = {}
): Readonly<Record<string, string>> {
  const known: Record<string, string> = {}
  for (const { name, value = '', valueFrom } of env) {
    const [source] = Object.keys(valueFrom ?? {})
    known[name] = source !== undefined
      ? sources[source] ?? ''
      : value.replaceAll(/\$\$|\$\(([^)]+)\)/g, (text, key?: string) =>
        key === undefined ? '$' : known[key] ?? text)
  }
  return known
}

function added (env: readonly EnvironmentVariable[], variable = nodejs): readonly EnvironmentVariable[] {
  const result = withOurs({ name: 'app', env }, variable)
  if ('why' in result) throw new Error(result.why)
  return result.env
}

const theirs: Record<string, readonly EnvironmentVariable[]> = {
  'a value': [{ name: 'NODE_OPTIONS', value: '--require ./own.js' }],
  'a value that refers to another': [{ name: 'HEAP', value: '512' }, { name: 'NODE_OPTIONS', value: '--heap=$(HEAP) $$(HEAP)' }],
  'a value from a ConfigMap': [{ name: 'NODE_OPTIONS', valueFrom: { configMapKeyRef: {} } }]
}
for (const [what, env] of Object.entries(theirs)) {
  test(`${what} reaches the app with ours behind it`, t => {
    const sources = { configMapKeyRef: '--from $(a) map' }

    t.is(expanded(added(env), sources)['NODE_OPTIONS'], `${expanded(env, sources)['NODE_OPTIONS']} ${OURS}`)
  })
}

test('a Node of any age takes what it is given: "--require=" would end one before 10', t => {
  t.is(OURS, '--require /run/waylay-propagate/nodejs/register.cjs')
})

test('what refers to the variable afterwards gets it with ours', t => {
  const env = added([{ name: 'NODE_OPTIONS', valueFrom: { secretKeyRef: {} } }, { name: 'AFTER', value: '$(NODE_OPTIONS)!' }])

  t.is(expanded(env, { secretKeyRef: '--x' })['AFTER'], `--x ${OURS}!`)
})

test('Python finds ours first and Java reads ours last', t => {
  t.is(expanded(added([{ name: 'PYTHONPATH', value: '/app' }], python))['PYTHONPATH'], `${python.ours}:/app`)
  t.is(expanded(added([{ name: 'JAVA_TOOL_OPTIONS', value: '-Xmx1g' }], java))['JAVA_TOOL_OPTIONS'], `-Xmx1g ${java.ours}`)
})

test('an empty path gets no part that is empty: to Python that is the working directory', t => {
  t.is(expanded(added([{ name: 'PYTHONPATH', value: '' }], python))['PYTHONPATH'], python.ours)
})

test('taken out again every environment is as it was', t => {
  const values = ['', ' ', '-a', '-a  -b ', `${OURS}x`, '$(A)', undefined]
  for (const variable of [nodejs, java, python]) {
    const { name } = variable
    const environments: readonly (readonly EnvironmentVariable[])[] = [
      [], [{ name: 'OTHER', value: 'x' }], [{ name, valueFrom: { fieldRef: {} } }],
      ...values.flatMap(value => {
        const one = { name, ...(value !== undefined && { value }) }
        return [[one], [{ name, value: 'first' }, one, { name: 'AFTER', value: `$(${name})` }]]
      })
    ]
    for (const env of environments) t.deepEqual(withoutOurs(added(env, variable)), env)
  }
})

test('what another webhook wrote around ours stays when ours is taken out', t => {
  for (const variable of [nodejs, java, python]) {
    const { name, separator, ours } = variable
    const env = (value: string): readonly EnvironmentVariable[] => [{ name, value }]
    const text = (...parts: readonly string[]): string => parts.join(separator)
    t.deepEqual(withoutOurs(env(text('a', ours, 'b'))), env(text('a', 'b')))
    t.deepEqual(withoutOurs(env(text(ours, 'b'))), env('b'))
    t.deepEqual(withoutOurs(env(`${ours}b`)), env(`${ours}b`))
  }
})

test('a container keeps what nobody here can know, and the reason is told', t => {
  const why = (container: object): string => {
    const result = withOurs({ name: 'app', ...container }, nodejs)
    return 'why' in result ? result.why : 'added'
  }

  t.regex(why({ envFrom: [{}] }), /envFrom may hold NODE_OPTIONS/)
  t.regex(why({ envFrom: [{ prefix: 'NODE_' }] }), /envFrom may hold NODE_OPTIONS/)
  t.is(why({ envFrom: [{ prefix: 'DB_' }] }), 'added')
  t.is(why({ envFrom: [{}], env: [{ name: 'NODE_OPTIONS', value: '' }] }), 'added')
  t.regex(why({ env: [{ name: 'NODE_OPTIONS', valueFrom: { secretKeyRef: { optional: true } } }] }), /may be missing/)
  t.regex(why({ env: [{ name: helperName(nodejs), value: 'x' }] }), /WAYLAY_APP_NODE_OPTIONS/)
  t.regex(why({ env: added([]) }), /has ours already/)
})
