/** Makes a switch over a union complete: a new member is a type error here, and a bug if it ever runs. */
export function assertNever (value: never): never {
  throw new TypeError(`Unhandled case: ${JSON.stringify(value)}`)
}
