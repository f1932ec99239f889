import { randomBytes } from 'node:crypto'
import type { ExecutionContext } from 'ava'
import { apply, kubectl } from './kube.ts'

type Fields = Readonly<Record<string, string>>

/** A namespace of the test's own; removed with it, not waited for. */
export async function makeNamespace (
  t: Pick<ExecutionContext, 'teardown'>,
  options: { readonly inject?: boolean | 'pods', readonly annotations?: Fields, readonly labels?: Fields } = {}
): Promise<string> {
  const name = `e2e-${randomBytes(4).toString('hex')}`
  const labels = {
    'waylay.dev/test': 'true',
    ...(options.inject !== false && { 'waylay.dev/inject': 'enabled' }),
    ...(options.inject === 'pods' && { 'waylay.dev/inject': 'pods' }),
    ...options.labels
  }
  await apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels, annotations: options.annotations ?? {} } })
  t.teardown(async () => { await kubectl(['delete', 'namespace', name, '--wait=false', '--ignore-not-found']) })
  return name
}
