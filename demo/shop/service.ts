/** One service of the shop. */
export type Service = {
  readonly name: string
  /** `app` in the cluster, the environment's name in a copy, `developer` on the developer's machine. */
  readonly answeredBy: string
  /** Which pod or machine this is. */
  readonly instance: string
  /** The service behind this one, and where it is. */
  readonly next?: { readonly name: string, readonly url: string }
}
