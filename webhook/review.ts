import type { Operation } from './operation.ts'

/** Who asks, as the API server authenticated them. */
export type UserInfo = {
  readonly username: string
  readonly uid?: string
  readonly groups?: readonly string[]
  readonly extra?: Readonly<Record<string, readonly string[]>>
}

/** The fields of an AdmissionReview's request (admission.k8s.io/v1) that we read. */
export type AdmissionRequest = {
  readonly uid: string
  readonly operation: string
  readonly namespace: string
  /** Empty where the API server has yet to make one from generateName. */
  readonly name: string
  readonly userInfo: UserInfo
  /** Nothing will be stored, so nothing may be left behind: no Event, no memory. */
  readonly dryRun: boolean
  readonly object: unknown
  readonly oldObject: unknown
}

export type AdmissionAnswer =
  | { readonly kind: 'allow', readonly patch?: readonly Operation[], readonly warnings?: readonly string[] }
  | { readonly kind: 'refuse', readonly status: number, readonly message: string }

type Fields = Readonly<Record<string, unknown>>

// metav1.StatusReason, which kubectl shows and client libraries compare.
const REASONS: Readonly<Record<number, string>> = { 403: 'Forbidden', 422: 'Invalid' }

// The API server cuts off longer warnings, and drops all of them beyond 4096 characters together.
const MAX_WARNING_LENGTH = 250

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

const API_VERSION = 'admission.k8s.io/v1'
const KIND = 'AdmissionReview'

/**
 * Reads an AdmissionReview at the door. What passes is a review, and is answered as one whatever its object holds.
 *
 * @throws {TypeError} naming what is missing.
 */
export function readReview (body: unknown): AdmissionRequest {
  const review = readFields(body, KIND)
  if (review['kind'] !== KIND || review['apiVersion'] !== API_VERSION) throw new TypeError(`It is no ${KIND} of ${API_VERSION}`)
  const request = readFields(review['request'], 'request')
  const userInfo = readFields(request['userInfo'] ?? {}, 'request.userInfo')
  return {
    uid: readUid(request),
    operation: readText(request, 'operation'),
    namespace: optionalText(request, 'namespace'),
    name: optionalText(request, 'name'),
    userInfo: { ...userInfo, username: optionalText(userInfo, 'username') },
    dryRun: request['dryRun'] === true,
    object: request['object'],
    oldObject: request['oldObject']
  }
}

/** Writes the AdmissionReview that answers. */
export function writeReview (uid: string, answer: AdmissionAnswer): object {
  return { apiVersion: API_VERSION, kind: KIND, response: { uid, ...writeAnswer(answer) } }
}

function writeAnswer (answer: AdmissionAnswer): object {
  if (answer.kind === 'refuse') {
    const { status: code, message } = answer
    return { allowed: false, status: { code, reason: REASONS[code] ?? 'InternalError', message } }
  }
  const { patch = [], warnings = [] } = answer
  return {
    allowed: true,
    ...(warnings.length > 0 && { warnings: warnings.map(inOneLine) }),
    ...(patch.length > 0 && {
      patchType: 'JSONPatch',
      patch: Buffer.from(JSON.stringify(patch)).toString('base64')
    })
  }
}

// It drops one with a line break as well: a warning travels in an HTTP header.
function inOneLine (text: string): string {
  return [...text.replaceAll(/\p{Cc}+/gu, ' ')].slice(0, MAX_WARNING_LENGTH).join('')
}

function readFields (value: unknown, name: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new TypeError(`${name} is not an object`)
  return value as Fields
}

function readText (fields: Fields, name: string): string {
  const value = fields[name]
  if (typeof value !== 'string' || value === '') throw new TypeError(`request.${name} is missing`)
  return value
}

/** It becomes a label and part of a selector. */
function readUid (fields: Fields): string {
  const uid = readText(fields, 'uid')
  if (!UUID.test(uid)) throw new TypeError('request.uid is no UUID')
  return uid
}

function optionalText (fields: Fields, name: string): string {
  const value = fields[name]
  return typeof value === 'string' ? value : ''
}
