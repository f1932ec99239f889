import { WaylayError } from '../../common/errors.ts'
import { describeMatch } from '../../intercepts/describe-match.ts'
import { isGlobal, parseMatch, type Match } from '../../intercepts/match.ts'
import { interceptName } from '../../intercepts/name.ts'
import { readPublicKey } from '../../intercepts/ticket.ts'
import { readFence } from './fence.ts'

/** What a developer asks for in an Intercept, checked. What the webhook stamps is not read from it. */
export type InterceptWish = {
  readonly name: string
  readonly workload: string
  readonly port: number
  readonly match: Match
  readonly sessionKey: string
}

/** What a stored Intercept says about its holder. All but the name is missing when it was made without the webhook. */
export type Holding = {
  readonly name: string
  readonly owner?: string
  readonly fence?: number
  readonly ticket?: string
  readonly sessionKey?: string
}

type Fields = Readonly<Record<string, unknown>>

const WORKLOAD = /^[a-z][a-z0-9]*\/[a-z0-9][a-z0-9.-]*$/

/**
 * Reads the wish in an Intercept.
 *
 * The name holds workload, port and match, and no object's name can change: so this check also keeps those three as
 * they are in every update.
 *
 * @throws {WaylayError} `WAYLAY_INTERCEPT_INVALID`, `WAYLAY_HEADER_MALFORMED` or `WAYLAY_MATCH_MALFORMED` naming the
 *   field.
 */
export function readWish (object: unknown): InterceptWish {
  const spec = fieldsOf(object, 'spec')
  const name = fieldsOf(object, 'metadata')['name']
  const { workload, port, sessionKey } = spec
  if (typeof workload !== 'string' || !WORKLOAD.test(workload)) throw invalid('spec.workload', workload, 'kind/name')
  if (typeof port !== 'number' || !Number.isInteger(port) || port < 1 || port > 65535) {
    throw invalid('spec.port', port, 'a number from 1 to 65535')
  }
  const match = parseMatch(spec['match'])
  if (spec['global'] !== isGlobal(match)) {
    throw invalid('spec.global', spec['global'], `${isGlobal(match)}, as its match is: ${describeMatch(match)}`)
  }
  const expected = interceptName(workload, port, match)
  if (name !== expected) {
    throw invalid('metadata.name', name, `${expected}, which workload, port and match make; they cannot change`)
  }
  return { name: expected, workload, port, match, sessionKey: readSessionKey(sessionKey) }
}

/** Reads who holds a stored Intercept. */
export function readHolding (object: unknown): Holding {
  const { owner, ticket, sessionKey, ...spec } = fieldsOf(object, 'spec')
  const { name } = fieldsOf(object, 'metadata')
  const fence = readFence(spec['fence'])
  return {
    name: typeof name === 'string' ? name : '',
    ...(typeof owner === 'string' && owner !== '' && { owner }),
    ...(fence !== undefined && { fence }),
    ...(typeof ticket === 'string' && { ticket }),
    ...(typeof sessionKey === 'string' && { sessionKey })
  }
}

function readSessionKey (value: unknown): string {
  try {
    if (typeof value === 'string') {
      readPublicKey(value)
      return value
    }
  } catch {
    // The reason is of no use to the user: it is not what we need.
  }
  throw invalid('spec.sessionKey', value, 'an Ed25519 public key (SubjectPublicKeyInfo, DER, base64)')
}

function fieldsOf (value: unknown, name: string): Fields {
  return ((value as Fields | null)?.[name] ?? {}) as Fields
}

function invalid (field: string, value: unknown, wanted: string): WaylayError {
  return new WaylayError('WAYLAY_INTERCEPT_INVALID', `${field} is ${JSON.stringify(value) ?? 'missing'}, not ${wanted}`)
}
