/** What visitors could say of themselves that only an ingress or the gateway knows: who they are, how they came. */
const CLAIMS = new Set([
  'cf-connecting-ip', 'client-ip', 'fastly-client-ip', 'forwarded', 'remote-addr', 'remote-user', 'true-client-ip',
  'x-client-ip', 'x-cluster-client-ip', 'x-original-uri', 'x-original-url', 'x-real-ip', 'x-rewrite-url', 'x-webauth-user'
])
const FAMILIES = [
  'cf-access-', 'x-amzn-oidc-', 'x-auth-request-', 'x-authenticated-', 'x-envoy-', 'x-forwarded-', 'x-goog-authenticated-',
  'x-ms-client-principal', 'x-original-', 'x-pomerium-', 'x-remote-', 'x-ssl-', 'ssl-client-'
]

/**
 * Whether a header of this name passes for the word of an ingress in front of the app: the gateway goes past that one,
 * so nobody but the visitor has said it. With `_` for `-` too, which CGI, WSGI and PHP read as the same.
 *
 * @param name in lower case.
 */
export function isClaim (name: string): boolean {
  const spelt = name.replaceAll('_', '-')
  return CLAIMS.has(spelt) || FAMILIES.some(family => spelt.startsWith(family))
}
