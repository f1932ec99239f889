/**
 * A cookie of the app as one of the preview's own host: without a Domain no other host gets it. A preview without TLS
 * drops `Secure`, which some browsers keep nothing of then, and with it the `SameSite=None` that needs it.
 *
 * `__Host-` and `__Secure-` cookies keep it, because without it no browser takes them. Chromium and Firefox take them
 * from http://127.0.0.1 as they are.
 *
 * @param isPlain whether the preview is reached without TLS.
 */
export function toPreviewCookie (setCookie: string, isPlain: boolean): string {
  const [pair = '', ...attributes] = setCookie.split(';')
  const isPrefixed = /^\s*__(?:host|secure)-/i.test(pair)
  const isWeak = isPlain && !isPrefixed
  const kept = attributes.filter(attribute => {
    const [name = '', value = ''] = attribute.split('=').map(text => text.trim().toLowerCase())
    if (name === 'domain') return false
    // A partitioned cookie must be a secure one.
    if (isWeak && (name === 'secure' || name === 'partitioned')) return false
    return !(isWeak && name === 'samesite' && value === 'none')
  })
  return [pair, ...kept].join(';')
}
