import { SOURCE_ADDRESSES } from '../common/contract.ts'
import { WaylayError } from '../common/errors.ts'
import type { Family } from './plan-rules.ts'
import { describeFailure, type Run } from './run.ts'

/**
 * The addresses on lo from which the proxy dials the app, as input of `ip -batch`.
 *
 * Whatever runs in the pod must not begin to use them by itself: hence `scope host` and, for IPv6, a preferred lifetime
 * of 0, which the kernel's choice of source address avoids (RFC 6724, rule 3) and an explicit bind does not mind.
 */
export function planAddresses (families: readonly Family[], verb: 'replace' | 'delete'): readonly string[] {
  const options = (text: string): string => verb === 'replace' ? ` ${text}` : ''
  return families.flatMap(family => family === 4
    ? [`address ${verb} ${SOURCE_ADDRESSES.ipv4Prefix} dev lo${options('scope host')}`]
    : SOURCE_ADDRESSES.ipv6.map(address => `address ${verb} ${address}/128 dev lo${options('nodad preferred_lft 0')}`))
}

/**
 * Adds the addresses; those already there are as good as new.
 *
 * @throws {WaylayError} `WAYLAY_REDIRECT_FAILED`: without them the proxy could not dial the app. Some may be left.
 */
export function addSourceAddresses (families: readonly Family[], run: Run): void {
  const result = run('ip', ['-batch', '-'], planAddresses(families, 'replace').join('\n') + '\n')
  if (result.code === 0) return
  throw new WaylayError('WAYLAY_REDIRECT_FAILED', describeFailure('ip address replace', result), {
    hint: 'The proxy dials the app from these addresses: the init container needs NET_ADMIN, and IPv6 must not be ' +
      'disabled in a pod with IPv6 addresses.'
  })
}

/** Takes the addresses away, as many as there are. Harmless where it fails: nobody dials from them without rules. */
export function removeSourceAddresses (families: readonly Family[], run: Run): void {
  run('ip', ['-force', '-batch', '-'], planAddresses(families, 'delete').join('\n') + '\n')
}
