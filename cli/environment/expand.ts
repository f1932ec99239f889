/** What stands for a name; undefined where nothing does, and the reference stays as it is written. */
export type Lookup = (name: string) => string | undefined

/**
 * Resolves `$(NAME)` as Kubernetes does: `$$` is one `$`, a name that is not known stays as written, and an expression
 * that does not end is no expression. A value that is put in is not looked at again.
 *
 * @see https://github.com/kubernetes/kubernetes/blob/v1.34.4/third_party/forked/golang/expansion/expand.go
 */
export function expandReferences (text: string, lookup: Lookup): string {
  let result = ''
  let at = 0
  while (at < text.length) {
    const next = text[at + 1]
    if (text[at] !== '$' || next === undefined) {
      result += text[at] ?? ''
      at++
    } else if (next === '$') {
      result += '$'
      at += 2
    } else {
      const end = next === '(' ? text.indexOf(')', at + 2) : -1
      const name = text.slice(at + 2, end)
      // Whatever else follows the `$` stands for itself, and is looked at no more.
      const width = end === -1 ? 1 + String.fromCodePoint(text.codePointAt(at + 1) ?? 0).length : end + 1 - at
      result += end === -1 ? text.slice(at, at + width) : lookup(name) ?? `$(${name})`
      at += width
    }
  }
  return result
}
