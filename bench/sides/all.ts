import { direct, nat } from './direct.ts'
import { go } from './go.ts'
import { haproxy } from './haproxy.ts'
import { http2Proxy } from './http2-proxy.ts'
import { nginx, nginxTuned } from './nginx.ts'
import type { Side, SideName } from './side.ts'
import { waylaySides } from './waylay.ts'

export const SIDES: readonly Side[] = [direct, nat, nginx, nginxTuned, haproxy, go, http2Proxy, ...waylaySides]

/** @throws {Error} for a name that there is none of. */
export function sideOf (name: SideName): Side {
  const side = SIDES.find(one => one.name === name)
  if (side === undefined) throw new Error(`There is no side "${name}"`)
  return side
}
