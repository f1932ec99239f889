/** What was asked, in the words of RBAC, so that a refusal can name the right that is missing. */
export type Asked = {
  readonly verb: 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete'
  /** `pods`, `deployments.apps`, `pods/portforward`. */
  readonly resource: string
  readonly namespace?: string
  readonly name?: string
}
