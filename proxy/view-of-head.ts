import type { RequestHead } from '../http1/request-head.ts'
import type { RequestView } from '../intercepts/request-view.ts'

/** What a match may look at of a head that was read into fields. */
export function viewOfHead (head: RequestHead): RequestView {
  return {
    method: head.method,
    target: head.path,
    values: name => head.connection.includes(name) ? [] : valuesOf(head, name)
  }
}

function valuesOf (head: RequestHead, wanted: string): readonly string[] {
  const values: string[] = []
  for (const [name, value] of head.fields) {
    if (name === wanted) values.push(value)
  }
  return values
}
