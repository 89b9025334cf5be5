/** A list of whole numbers, four bytes each, that grows. */
export class IntList {
  items = new Int32Array(64)
  length = 0

  push(value: number): void {
    if (this.length === this.items.length) {
      const larger = new Int32Array(this.length * 2)
      larger.set(this.items)
      this.items = larger
    }
    this.items[this.length++] = value
  }

  /** Takes the last one out; undefined when there is none. */
  pop(): number | undefined {
    return this.length === 0 ? undefined : this.items[--this.length]
  }

  /** Empties the list; what it held long ago does not keep its memory. */
  clear(): void {
    this.length = 0
    if (this.items.length > LARGE) this.items = new Int32Array(64)
  }
}

const LARGE = 65_536
