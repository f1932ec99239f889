/** What visitors could say of themselves that only an ingress or the gateway knows: who they are, how they came. */
const CLAIMS = new Set([
  'cf-connecting-ip', 'client-ip', 'fastly-client-ip', 'forwarded', 'true-client-ip', 'x-anonymous-consumer',
  'x-arr-clientcert', 'x-client-cert', 'x-client-dn', 'x-client-ip', 'x-client-verify', 'x-cluster-client-ip',
  'x-credential-identifier', 'x-real-ip', 'x-rewrite-url'
])
const FAMILIES = [
  'cf-access-', 'remote-', 'ssl-client-', 'tailscale-', 'x-amzn-mtls-', 'x-amzn-oidc-', 'x-auth-request-',
  'x-authenticated-', 'x-authentik-', 'x-consumer-', 'x-envoy-', 'x-forwarded-', 'x-goog-authenticated-', 'x-goog-iap-',
  'x-ms-client-principal', 'x-ms-token-', 'x-original-', 'x-pomerium-', 'x-remote-', 'x-ssl-', 'x-vouch-', 'x-webauth-'
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
