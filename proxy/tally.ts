/** What is counted under one name, by labels. */
export class Tally<Label extends string> {
  readonly help: string
  readonly labelNames: readonly Label[]
  readonly #counts = new Map<string, { readonly labels: Readonly<Record<Label, string>>, count: number }>()

  constructor (help: string, labelNames: readonly Label[]) {
    this.help = help
    this.labelNames = labelNames
  }

  inc (labels: Readonly<Record<Label, string>>): void {
    const key = JSON.stringify(this.labelNames.map(name => labels[name]))
    const found = this.#counts.get(key)
    if (found === undefined) this.#counts.set(key, { labels, count: 1 })
    else found.count++
  }

  /** Each combination of labels that was counted, in the order of their first time. */
  entries (): readonly { readonly labels: Readonly<Record<Label, string>>, readonly count: number }[] {
    return [...this.#counts.values()]
  }
}
