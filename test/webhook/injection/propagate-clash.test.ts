import test from 'ava'
import { findClash } from '../../../webhook/injection/propagate-clash.ts'
import type { Container } from '../../../webhook/injection/pod.ts'

const clash = (container: Partial<Container>): string | undefined => findClash({ name: 'app', ...container }, 'java')

test('an app in Java whose OpenTelemetry takes its settings from a file is left out', t => {
  const why = (name: string): string => `its ${name} is for an OpenTelemetry of its own, and our agent would obey it`

  t.is(clash({ env: [{ name: 'OTEL_CONFIG_FILE', value: '/otel.yaml' }] }), why('OTEL_CONFIG_FILE'))
  t.is(clash({ env: [{ name: 'JAVA_OPTS', value: '-Xmx1g -Dotel.config.file=/otel.yaml' }] }), why('-Dotel.config.file'))
  t.is(clash({ command: ['java', '-Dotel.config.file=/otel.yaml'] }), why('-Dotel.config.file'))
  t.is(clash({ env: [{ name: 'OTEL_CONFIG_FILE', value: '' }] }), undefined)
  t.is(clash({ env: [{ name: 'OTEL_SDK_DISABLED', value: 'true' }] }), undefined)
})
