/** The developer's own program, as they gave it. */
export type OwnCommand =
  /** `-- npm run dev`: program and arguments, as the shell split them. */
  | { readonly kind: 'words', readonly words: readonly string[] }
  /** `--run "npm run dev"`: a line for the platform's shell. */
  | { readonly kind: 'line', readonly line: string }

/** What it is called in messages. */
export function describeCommand (command: OwnCommand): string {
  return command.kind === 'line' ? command.line : command.words[0] ?? ''
}

/** Whether a command line starts a program of the developer's: then its exit code is ours, and our own are others. */
export function startsCommand (args: readonly string[]): boolean {
  const end = args.indexOf('--')
  const ours = end === -1 ? args : args.slice(0, end)
  // It does nothing but start one, also where the "--" before it was forgotten.
  if (ours.some((word, at) => word === 'ci' && ours[at + 1] === 'test')) return true
  const isMeant = ours.includes('intercept') || ours.includes('ci')
  return isMeant && (end !== -1 || ours.some(word => /^--(?:run|test)(?:=|$)/.test(word)))
}
