/** Where a value comes from. */
export type Origin =
  | { readonly kind: 'value' | 'field' | 'resource' | 'service' }
  | { readonly kind: 'configMap' | 'secret', readonly name: string, readonly key: string }

export type PodVariable = {
  readonly name: string
  readonly value: string
  readonly origin: Origin
  /** From a Secret, or put together with a value of one. */
  readonly isSecret: boolean
}
