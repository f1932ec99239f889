/** What is wrong with something that was typed, in words for the one who typed it. */
export type Problem = { readonly problem: string }

export function isProblem (value: unknown): value is Problem {
  return typeof value === 'object' && value !== null && 'problem' in value
}
