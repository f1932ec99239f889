/** First in, first out, in constant time: an array's `shift` moves every element that is left. */
export class Fifo<T> {
  #items: T[] = []
  #head = 0

  get length (): number {
    return this.#items.length - this.#head
  }

  push (item: T): void {
    this.#items.push(item)
  }

  peek (): T | undefined {
    return this.#items[this.#head]
  }

  shift (): T | undefined {
    const item = this.#items[this.#head]
    if (this.#head === this.#items.length) return undefined
    this.#head++
    if (this.#head === this.#items.length) this.clear()
    else if (this.#head >= 1024 && this.#head * 2 > this.#items.length) this.#compact()
    return item
  }

  clear (): void {
    this.#items = []
    this.#head = 0
  }

  #compact (): void {
    this.#items = this.#items.slice(this.#head)
    this.#head = 0
  }
}
