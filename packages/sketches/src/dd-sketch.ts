import type { StateReader, StateWriter } from '@rtp/stream-core/extend'

/**
 * Quantiles with a bound on the relative error: DDSketch (Masson, Rim and Lee, PVLDB 12, 2019). Numbers fall into bins whose ends have a fixed ratio, so that
 * any number of a bin stands for all others; a bin that is empty takes no room. Two sketches are merged without any further error.
 */
export class DDSketch {
  readonly #logGamma: number
  /** Log of what gamma^key is multiplied by, to be as far from one end of a bin as from the other. */
  readonly #logMiddle: number
  readonly positive = new LogBins()
  /** By their amounts. */
  readonly negative = new LogBins()
  zeros = 0

  constructor(relativeAccuracy: number) {
    const gamma = (1 + relativeAccuracy) / (1 - relativeAccuracy)
    this.#logGamma = Math.log(gamma)
    this.#logMiddle = Math.log(2 / (1 + gamma))
  }

  get count(): number {
    return this.negative.total + this.zeros + this.positive.total
  }

  /** `x` must be finite. Amounts below the smallest normal number count as 0. */
  add(x: number): void {
    const amount = Math.abs(x)
    if (amount < SMALLEST) this.zeros++
    else (x > 0 ? this.positive : this.negative).add(Math.ceil(Math.log(amount) / this.#logGamma), 1)
  }

  merge(other: DDSketch): void {
    this.zeros += other.zeros
    this.positive.merge(other.positive)
    this.negative.merge(other.negative)
  }

  /** The number with floor(q * (count - 1)) others before it, in order; NaN when there is none. */
  quantile(q: number): number {
    if (this.count === 0) return Number.NaN
    const before = Math.floor(q * (this.count - 1))
    if (before < this.negative.total) return -this.#valueOf(this.negative.keyAt(this.negative.total - 1 - before))
    const others = this.negative.total + this.zeros
    return before < others ? 0 : this.#valueOf(this.positive.keyAt(before - others))
  }

  write(state: StateWriter): void {
    state.uint(this.zeros)
    this.positive.write(state)
    this.negative.write(state)
  }

  read(state: StateReader): void {
    this.zeros = state.uint()
    this.positive.read(state)
    this.negative.read(state)
  }

  #valueOf(key: number): number {
    // The middle of the last bin may be beyond what a number can hold.
    return Math.min(Number.MAX_VALUE, Math.exp(key * this.#logGamma + this.#logMiddle))
  }
}

/** How many amounts there are in each bin, for as many bins as may be; beyond that the lowest ones become one. */
class LogBins {
  readonly #counts = new Map<number, number>()
  total = 0

  add(key: number, count: number): void {
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + count)
    this.total += count
    if (this.#counts.size > MOST_BINS) this.#foldLowest()
  }

  merge(other: LogBins): void {
    for (const [key, count] of other.#counts) this.add(key, count)
  }

  /** The bin of the amount with `before` smaller ones. */
  keyAt(before: number): number {
    let left = before
    const keys = this.#keys()
    for (const key of keys) {
      left -= this.#counts.get(key)!
      if (left < 0) return key
    }
    return keys.at(-1)!
  }

  /** Lowest first: by how much each key is above the one before, and the count. */
  write(state: StateWriter): void {
    const keys = this.#keys()
    state.uint(keys.length).float64(keys[0] ?? 0)
    let last = keys[0] ?? 0
    for (const key of keys) {
      state.uint(key - last).uint(this.#counts.get(key)!)
      last = key
    }
  }

  read(state: StateReader): void {
    let left = state.uint()
    let key = state.float64()
    for (; left > 0; left--) {
      key += state.uint()
      this.add(key, state.uint())
    }
  }

  /** Several at once, so that it is not done again for each number. */
  #foldLowest(): void {
    const keys = this.#keys()
    const into = keys[FOLDED]!
    for (const key of keys.slice(0, FOLDED)) {
      this.#counts.set(into, this.#counts.get(into)! + this.#counts.get(key)!)
      this.#counts.delete(key)
    }
  }

  #keys(): Float64Array {
    return Float64Array.from(this.#counts.keys()).sort()
  }
}

/** For numbers of one sign. At 1 % they span a factor of 10^17 if none between them is empty. */
const MOST_BINS = 2048
const FOLDED = 128
/** The smallest number that is as exact as others are. */
const SMALLEST = 2 ** -1022
