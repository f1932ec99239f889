import { topController, type MadePod } from '../intercepts/top-controller.ts'

/** Whose pod it is: what a refusal is remembered by, and what an Event about it is written on. */
export type Subject = {
  readonly namespace: string
  /** `deployment/payments`, `cronjob/report`; `pod/debug` or `pod/debug-` (from generateName) for a bare pod. */
  readonly workload: string
  /** Nobody makes it anew when it is refused or deleted. */
  readonly isBare: boolean
  /** The controller that made it, or else the pod itself, which has no uid at admission. */
  readonly involved: InvolvedObject
}

export type InvolvedObject = {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  readonly uid?: string
}

export type OwnedPod = MadePod & { readonly name?: string, readonly generateName?: string, readonly uid?: string }

// A CronJob names its Jobs by the minute they were due, in minutes since the epoch. Each is an owner of its own, so
// without this every run would be refused once before one comes without us.
const CRON_JOB = /^job\/(.+)-\d{8}$/

// 253 characters is what the API server takes for a name; an admission shows names before it has looked at them.
const MAX_NAME_LENGTH = 253
const MAX_WORKLOAD_LENGTH = 320

/** Whether this could be the name of a stored object. */
export function isStorableName (name: string): boolean {
  return name.length <= MAX_NAME_LENGTH
}

/** Whether a pod of such an owner could be stored: no other is worth remembering. */
export function isStorable ({ workload, involved: { apiVersion, kind, name, uid = '' } }: Subject): boolean {
  return workload.length <= MAX_WORKLOAD_LENGTH && [apiVersion, kind, name, uid].every(isStorableName)
}

export function subjectOf (pod: OwnedPod, namespace: string): Subject {
  const owner = pod.ownerReferences?.find(({ controller }) => controller === true)
  const controller = topController(pod)
  if (owner === undefined || controller === undefined) {
    const name = pod.name || pod.generateName || ''
    const involved = { apiVersion: 'v1', kind: 'Pod', name, ...(pod.uid !== undefined && { uid: pod.uid }) }
    return { namespace, workload: `pod/${name}`, isBare: true, involved }
  }
  const { apiVersion = 'v1', kind, name, uid } = owner
  const involved = { apiVersion, kind, name, ...(uid !== undefined && { uid }) }
  return { namespace, workload: controller.replace(CRON_JOB, 'cronjob/$1'), isBare: false, involved }
}
