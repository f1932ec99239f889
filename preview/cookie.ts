/** `__Host-`: no sibling origin can set it, and browsers take it with `Secure`, `Path=/` and no `Domain` only. */
export const COOKIE_NAME = '__Host-waylay-preview'

const PAIR_END = /;\s*/

/** Every value that a request gives for our cookie. @param lines its Cookie lines. */
export function readTokens (lines: readonly string[]): readonly string[] {
  return lines.flatMap(pairsOf).filter(isOurs).map(pair => pair.slice(pair.indexOf('=') + 1).trim())
}

/** The Cookie line that the app gets: all of them in one, without ours. Undefined where nothing is left. */
export function withoutToken (lines: readonly string[]): string | undefined {
  const kept = lines.flatMap(pairsOf).filter(pair => !isOurs(pair))
  return kept.length === 0 ? undefined : kept.join('; ')
}

/** Whether the app's Set-Cookie would put another value in the place of ours. */
export function setsToken (setCookie: string): boolean {
  return isOurs(setCookie)
}

/** The Set-Cookie by which a browser keeps the token. @param lifeMs until the link ends. */
export function writeToken (token: string, lifeMs: number): string {
  return `${COOKIE_NAME}=${token}; Path=/; Max-Age=${Math.ceil(lifeMs / 1000)}; Secure; HttpOnly; SameSite=Lax`
}

function pairsOf (line: string): readonly string[] {
  return line.split(PAIR_END).filter(pair => pair !== '')
}

// Browsers compare the prefix in any case.
function isOurs (pair: string): boolean {
  return (pair.split('=', 1)[0] ?? '').trim().toLowerCase() === COOKIE_NAME.toLowerCase()
}
