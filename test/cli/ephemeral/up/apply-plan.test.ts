import { setTimeout as delay } from 'node:timers/promises'
import test from 'ava'
import { WaylayError } from '../../../../common/errors.ts'
import { applyParts, applyRoot } from '../../../../cli/ephemeral/up/apply-plan.ts'
import type { RunContext } from '../../../../cli/ephemeral/up/run-context.ts'
import type { EnvironmentPlan } from '../../../../cli/ephemeral/plan/environment-plan.ts'
import type { Manifest } from '../../../../cli/manifests.ts'
import { newEnvironment } from '../../../../environments/object.ts'

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

function contextWith (apply: (manifest: Manifest) => Promise<object>): RunContext {
  const { signal } = new AbortController()
  const context = { objects: { apply }, name: 'pr-1', progress: { note: () => {} }, signal, endMs: Infinity }
  return context as unknown as RunContext
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

test('a part that fails is told once no other is under way', async t => {
  const written: string[] = []
  const apply = async ({ kind, metadata: { name } }: Manifest) => {
    if (name === 'bad') throw new WaylayError('WAYLAY_FORBIDDEN', 'exceeded quota')
    await delay(50)
    return { kind: 'applied', object: { kind, metadata: { name } } }
  }
  const toPart = (kind: string, name: string): Manifest => ({ ...part(kind), metadata: { name } })
  const copies = ['bad', 'slow'].map(name =>
    ({ policies: [], service: toPart('Service', name), deployment: toPart('Deployment', name) }))
  const context = contextWith(apply)
  const plan = { copies, companion: () => [] } as unknown as EnvironmentPlan

  await t.throwsAsync(applyParts(context, plan, 'uid', new Map(),
    ({ manifest: { kind, metadata: { name } } }) => written.push(`${kind} ${name}`)), { code: 'WAYLAY_FORBIDDEN' })

  t.deepEqual(written, ['Service slow', 'Deployment slow'])
})

test('an environment that is gone by now is not made anew by its update', async t => {
  const applied: Manifest[] = []
  const apply = async (manifest: Manifest) => {
    applied.push(manifest)
    return await Promise.resolve({ kind: 'conflict', conflicts: [] })
  }
  const context = contextWith(apply)
  const environment = newEnvironment('shop', 'pr-1', { header: 'x-waylay-id', value: 'v', workloads: [], expiresAt: '' })
  const existing = { ...environment, metadata: { ...environment.metadata, uid: 'u-1' } }

  await t.throwsAsync(applyRoot(context, { environment } as unknown as EnvironmentPlan, existing),
    { message: 'The environment pr-1 was removed while it was brought up to date' })

  t.like(applied[0], { metadata: { name: 'pr-1', uid: 'u-1' } })
})
