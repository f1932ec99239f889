import test from 'ava'
import { WaylayError } from '../../../../common/errors.ts'
import { applyParts } from '../../../../cli/ephemeral/up/apply-plan.ts'
import type { RunContext } from '../../../../cli/ephemeral/up/run-context.ts'
import type { EnvironmentPlan } from '../../../../cli/ephemeral/plan/environment-plan.ts'
import type { Manifest } from '../../../../cli/manifests.ts'

const part = (kind: string): Manifest => ({ apiVersion: 'v1', kind, metadata: { name: 'waylay-env-pr-1', namespace: 'shop' } })

/** Writes a companion alone, to an API server that hears of a Role after so many bindings were tried. */
async function write (lateFor: number, endMs = performance.now() + 60_000) {
  const applied: string[] = []
  let refusals = lateFor
  const objects = {
    apply: async (manifest: Manifest) => {
      if (manifest.kind === 'RoleBinding' && (!applied.includes('Role') || refusals-- > 0)) {
        throw new WaylayError('WAYLAY_INTERNAL', 'The API server refused to patch rolebindings: rolebindings "waylay-env-pr-1" not found')
      }
      await Promise.resolve()
      applied.push(manifest.kind)
      return { kind: 'applied', object: { ...manifest, metadata: { ...manifest.metadata, uid: 'u' } } }
    }
  }
  const context = { objects, namespace: 'shop', name: 'pr-1', progress: { note: () => {} }, signal: new AbortController().signal, endMs }
  const companion = () => ['ServiceAccount', 'RoleBinding', 'Role', 'ConfigMap', 'Deployment'].map(part)
  const plan = { copies: [], companion } as unknown as EnvironmentPlan
  await applyParts(context as unknown as RunContext, plan, 'uid', new Map(), () => {})
  return applied
}

test('a Role is bound once it is there, and the companion starts with its rights', async t => {
  const applied = await write(0)

  t.deepEqual(applied.toSorted(), ['ConfigMap', 'Deployment', 'Role', 'RoleBinding', 'ServiceAccount'])
  t.deepEqual(applied.slice(-2), ['RoleBinding', 'Deployment'])
})

test('whoever is no administrator is told that a new Role is not found, and tries again', async t => {
  t.deepEqual((await write(3)).slice(-2), ['RoleBinding', 'Deployment'])
})

test('a Role that never appears is an error', async t => {
  await t.throwsAsync(write(Infinity, performance.now()), { message: /not found$/ })
})
