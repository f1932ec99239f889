import { generateKeyPairSync } from 'node:crypto'
import type { Match } from '../../../intercepts/match.ts'
import { interceptName } from '../../../intercepts/name.ts'
import { newIntercept, type Intercept, type InterceptSpec, type InterceptStatus } from '../../../intercepts/object.ts'
import { writePublicKey } from '../../../intercepts/ticket.ts'
import { decideIntercept } from '../../../webhook/admission/decide.ts'
import type { InterceptDeps } from '../../../webhook/admission/deps.ts'
import { applyPatch } from '../../../webhook/apply-patch.ts'
import type { AdmissionRequest } from '../../../webhook/review.ts'

export const NOW_MS = Date.UTC(2026, 0, 1)
export const ticketKey = generateKeyPairSync('ed25519').privateKey
const newSessionKey = () => writePublicKey(generateKeyPairSync('ed25519').publicKey)
const mariasKey = newSessionKey()
/** The session key of another process. */
export const otherKey = newSessionKey()
export { mariasKey }

export const oneHeader = (value: string): Match => ({ headers: [{ type: 'Exact', name: 'x-waylay-id', value }] })
export const PERSONAL = oneHeader('maria-3fk27d4a')

export function anIntercept (spec: Partial<InterceptSpec> = {}, name?: string): Intercept {
  const whole: InterceptSpec = {
    workload: 'deployment/payments', port: 8080, match: PERSONAL, global: false, sessionKey: mariasKey, ...spec
  }
  return newIntercept('shop', name ?? interceptName(whole.workload, whole.port, whole.match), whole)
}

/** Held by maria since a second ago. */
export const HELD = anIntercept({ owner: 'maria', fence: NOW_MS - 1000, ticket: 'old' })

/** Held by maria for an hour, with a status of hers. */
export function heldFor (status: InterceptStatus | undefined, spec: Partial<InterceptSpec> = {}): Intercept {
  const fence = NOW_MS - 3_600_000
  const object = anIntercept({ owner: 'maria', fence, ticket: 'old', ...spec })
  return { ...object, ...(status !== undefined && { status: { fence, ...status } }) }
}

/** The time so many ms from now, as it stands in a status. */
export const at = (ms: number): string => new Date(NOW_MS + ms).toISOString()

export function aRequest (parts: Partial<AdmissionRequest>): AdmissionRequest {
  return {
    uid: 'u1',
    operation: 'CREATE',
    namespace: 'shop',
    name: HELD.metadata.name,
    userInfo: { username: 'maria' },
    dryRun: false,
    object: null,
    oldObject: null,
    ...parts
  }
}

export type World = {
  readonly verbs?: readonly string[]
  /** That the user may update. */
  readonly environments?: readonly string[]
  readonly consent?: string
  readonly egress?: string
  readonly isTerminating?: boolean
  readonly previews?: string
  readonly previewDomain?: string | undefined
}

export function someDeps (
  { verbs = [], environments = [], consent, egress, previews, previewDomain, isTerminating = false }: World = {}
): InterceptDeps {
  return {
    mayDo: async (_user, verb, namespace) => namespace === 'shop' && verbs.includes(verb),
    mayChangeEnvironment: async (_user, namespace, name) => namespace === 'shop' && environments.includes(name),
    readNamespace: async () => ({
      labels: {},
      annotations: {
        ...(consent !== undefined && { 'waylay.dev/intercepts': consent }),
        ...(egress !== undefined && { 'waylay.dev/egress': egress }),
        ...(previews !== undefined && { 'waylay.dev/previews': previews })
      },
      isTerminating
    }),
    ticketKey: () => ticketKey,
    previewDomain,
    nowMs: () => NOW_MS
  }
}

/** Decides and returns the spec as it would be stored. Throws a refusal as text. */
export async function stored (request: Partial<AdmissionRequest>, deps = someDeps()): Promise<InterceptSpec> {
  const answer = await decideIntercept(aRequest(request), deps)
  if (answer.kind === 'refuse') throw new Error(`${answer.status} ${answer.message}`)
  return (applyPatch(request.object, answer.patch ?? []) as { spec: InterceptSpec }).spec
}

export const bob = { username: 'bob' }
