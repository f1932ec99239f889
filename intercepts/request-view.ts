/**
 * What of a request an intercept can ask for, whatever its protocol. Texts are latin1, one char a byte, as sent. A view
 * may be valid only until the next request is read: nobody keeps one.
 */
export type RequestView = {
  readonly method: string
  /** Request target (HTTP/1.x) or `:path` (HTTP/2), query included. */
  readonly target: string
  /**
   * The values of all lines of one field, without the whitespace around them; none where it is absent or hop-by-hop,
   * that is named in `Connection` (RFC 9110, 7.6.1).
   *
   * @param name lower case.
   */
  values (name: string): readonly string[]
}
