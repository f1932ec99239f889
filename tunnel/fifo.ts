const SMALLEST = 4

/**
 * First in, first out, in constant time: an array's `shift` moves every element that is left. A ring whose places are
 * emptied at once: what left it is nobody's any more.
 */
export class Fifo<T> {
  #items: Array<T | undefined> = []
  #head = 0
  #length = 0

  get length (): number {
    return this.#length
  }

  push (item: T): void {
    if (this.#length === this.#items.length) this.#grow()
    this.#items[(this.#head + this.#length++) & (this.#items.length - 1)] = item
  }

  peek (): T | undefined {
    return this.#items[this.#head]
  }

  shift (): T | undefined {
    if (this.#length === 0) return undefined
    const item = this.#items[this.#head]
    this.#items[this.#head] = undefined
    this.#head = (this.#head + 1) & (this.#items.length - 1)
    this.#length--
    // A crowd that is gone leaves no room behind.
    if (this.#length === 0 && this.#items.length > 1024) this.clear()
    return item
  }

  clear (): void {
    this.#items = []
    this.#head = 0
    this.#length = 0
  }

  #grow (): void {
    const items = [...this.#items.slice(this.#head), ...this.#items.slice(0, this.#head)]
    const length = Math.max(SMALLEST, items.length * 2)
    this.#items = [...items, ...new Array<undefined>(length - items.length).fill(undefined)]
    this.#head = 0
  }
}
