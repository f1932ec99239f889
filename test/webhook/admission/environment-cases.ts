import type { Environment, EnvironmentSpec } from '../../../environments/object.ts'
import { newEnvironment } from '../../../environments/object.ts'
import { decideEnvironment } from '../../../webhook/admission/environments.ts'
import { createNewcomers } from '../../../webhook/admission/newcomers.ts'
import { applyPatch } from '../../../webhook/apply-patch.ts'
import type { AdmissionRequest } from '../../../webhook/review.ts'

export const NOW_MS = Date.UTC(2026, 0, 1)
export const HOUR_MS = 3_600_000
export const DAY_MS = 24 * HOUR_MS

/** The time so many ms from now. */
export const at = (ms: number): string => new Date(NOW_MS + ms).toISOString()

export function anEnvironment (spec: Partial<EnvironmentSpec> = {}, name = 'pr-123'): Environment {
  return newEnvironment('shop', name, {
    header: 'x-waylay-id',
    value: 'pr-123-fk27d4ab',
    workloads: [{ workload: 'deployment/payments', copy: `payments-${name}`, ports: [8080], images: {} }],
    expiresAt: at(HOUR_MS),
    ...spec
  })
}

/** One that somebody made so many ms ago. */
export function madeBefore (ms: number, name: string, owner = 'ci', more: object = {}): Environment {
  const environment = anEnvironment({ owner }, name)
  return { ...environment, metadata: { ...environment.metadata, creationTimestamp: at(-ms), ...more } }
}

export type EnvironmentWorld = {
  readonly there?: readonly Environment[]
  readonly annotations?: Readonly<Record<string, string>>
}

/** A webhook of one replica in front of these objects. */
export function startWebhook ({ there = [], annotations = {} }: EnvironmentWorld = {}) {
  let passedMs = 0
  const objects = [...there]
  const newcomers = createNewcomers(5000, () => passedMs)
  const ask = async (parts: Partial<AdmissionRequest>) => {
    const request: AdmissionRequest = {
      uid: 'u1',
      operation: 'CREATE',
      namespace: 'shop',
      name: 'pr-123',
      userInfo: { username: 'ci' },
      dryRun: false,
      object: null,
      oldObject: null,
      ...parts
    }
    const answer = await decideEnvironment(request, {
      readNamespace: async () => ({ labels: {}, annotations, isTerminating: false }),
      listEnvironments: async () => [...objects],
      newcomers,
      nowMs: () => NOW_MS
    })
    if (answer.kind === 'refuse') return { refused: answer.message, status: answer.status }
    const { spec = {} } = applyPatch(request.object ?? {}, answer.patch ?? []) as { spec?: Partial<EnvironmentSpec> }
    return { spec, warnings: answer.warnings ?? [], isPatched: (answer.patch ?? []).length > 0 }
  }
  return { ask, objects, pass: (ms: number): void => { passedMs += ms } }
}

export async function create (object: unknown, world: EnvironmentWorld = {}, parts: Partial<AdmissionRequest> = {}) {
  return await startWebhook(world).ask({ object, ...parts })
}

export async function update (oldObject: unknown, object: unknown, user = 'ci', world: EnvironmentWorld = {}) {
  return await startWebhook(world).ask({ operation: 'UPDATE', object, oldObject, userInfo: { username: user } })
}
