import { readHeader } from './header.ts'
import { isProblem } from './problem.ts'
import type { Settings } from './settings.ts'
import { regexOf } from './site.ts'

/**
 * One rule by which the browser itself sets the header; no code of ours sees a request.
 *
 * @see https://developer.chrome.com/docs/extensions/reference/api/declarativeNetRequest
 */
export type Rule = {
  readonly id: number
  readonly action: {
    readonly type: 'modifyHeaders'
    readonly requestHeaders: readonly [{ readonly header: string, readonly operation: 'set', readonly value: string }]
  }
  readonly condition: { readonly regexFilter: string, readonly resourceTypes: readonly string[] }
}

/** Everything that a page asks its servers for, itself included. Left out are reports that go to nobody's intercept. */
const RESOURCE_TYPES = [
  'main_frame', 'sub_frame', 'stylesheet', 'script', 'image', 'font', 'object', 'xmlhttprequest', 'ping', 'media',
  'websocket', 'other'
] as const

/** One for each site; none while it is switched off or the header is not whole. */
export function rulesOf ({ on, name, value, sites }: Settings): readonly Rule[] {
  const header = readHeader(name, value)
  if (!on || isProblem(header)) return []
  return sites.map((site, index) => ({
    id: index + 1,
    action: { type: 'modifyHeaders', requestHeaders: [{ header: header.name, operation: 'set', value: header.value }] },
    condition: { regexFilter: regexOf(site), resourceTypes: RESOURCE_TYPES }
  }))
}
