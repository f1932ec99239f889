/** The caBundle of our webhook configuration, as it was read. */
export type FoundBundle = {
  /** Those that every webhook of it trusts. */
  readonly certificates: readonly string[]
  /** An annotation says that cert-manager writes it. */
  readonly isInjected: boolean
  /** Whether each webhook trusts exactly these. */
  readonly equals: (certificates: readonly string[]) => boolean
  /** Makes each trust exactly these. False when the configuration is another by now. */
  readonly replace: (certificates: readonly string[]) => Promise<boolean>
}
