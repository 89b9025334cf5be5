/** Numbers that depend on a seed and a name alone: two purposes have a source each, so that one more draw for the one does not change the other. */
export class Random {
  #state: number

  constructor(seed: number, purpose = '') {
    this.#state = (seed ^ 0x9e3779b9) >>> 0
    for (let i = 0; i < purpose.length; i++)
      this.#state = Math.imul(this.#state ^ purpose.charCodeAt(i), 0x01000193) >>> 0
    // Seeds that are near each other would begin alike.
    for (let i = 0; i < 4; i++) this.next()
  }

  /** At least 0, below 1. Generator: mulberry32. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  /** A whole number, at least `least` and at most `most`. */
  between(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1))
  }

  chance(probability: number): boolean {
    return this.next() < probability
  }

  pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.next() * list.length)]!
  }

  shuffled<T>(list: readonly T[]): T[] {
    const mixed = [...list]
    for (let i = mixed.length - 1; i > 0; i--) {
      const other = this.between(0, i)
      const item = mixed[i]!
      mixed[i] = mixed[other]!
      mixed[other] = item
    }
    return mixed
  }
}
