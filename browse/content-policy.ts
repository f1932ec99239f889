import { toPreviewUrl, type Mapping } from './url-map.ts'

/** Would have a browser ask for https where the preview speaks http. */
const UPGRADING = /^(?:upgrade-insecure-requests|block-all-mixed-content)$/i

/** A Content-Security-Policy that means the preview where it named the app. @param isPlain as for cookies. */
export function toPreviewPolicy (policy: string, mapping: Mapping, isPlain: boolean): string {
  return policy.split(',').map(one => one.split(';')
    .map(directive => directive.trim())
    .filter(directive => !(isPlain && UPGRADING.test(directive)))
    .map(directive => directive.split(/\s+/).map(word => toPreviewUrl(word, mapping)).join(' '))
    .join('; ')).join(', ')
}
