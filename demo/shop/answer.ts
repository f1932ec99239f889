/** What a service says: who it is, and under the next one's name what that one said. */
export type Answer = {
  readonly service: string
  readonly answeredBy: string
  readonly instance: string
} & { readonly [next: string]: unknown }
