import type { StateReader } from '../state/state-reader.ts'
import type { StateWriter } from '../state/state-writer.ts'
import type { Fail } from './aggregate.ts'
import type { RetractableAccumulator } from './retractable.ts'

/**
 * Smallest or largest numbers of records that can be taken back: how often each number is there, and a heap in which numbers that are gone are
 * passed over when they come to the top. Memory grows with the different numbers. A number that is not there is taken back in vain.
 */
export class CountedExtreme<T> implements RetractableAccumulator<T, number> {
  readonly #of: (value: T) => number
  /** 1 for the smallest, -1 for the largest: what is in the heap is multiplied by it. */
  readonly #sign: 1 | -1
  /** Sparse. */
  readonly #slots: (Counted | undefined)[] = []

  constructor(of: (value: T) => number, sign: 1 | -1) {
    this.#of = of
    this.#sign = sign
  }

  grow(): void {}

  reset(slot: number): void {
    this.#slots[slot] = undefined
  }

  add(slots: Int32Array, values: readonly T[], _times: Float64Array, from: number, to: number, fail: Fail): void {
    let i = from
    try {
      for (; i < to; i++) this.#put(slots[i]!, this.#of(values[i]!), 1)
    } catch (cause) {
      fail(cause, i)
    }
  }

  retract(slots: Int32Array, values: readonly T[], _times: Float64Array, from: number, to: number, fail: Fail): void {
    let i = from
    try {
      for (; i < to; i++) this.#take(slots[i]!, this.#of(values[i]!))
    } catch (cause) {
      fail(cause, i)
    }
  }

  merge(into: number, from: number): void {
    for (const [value, count] of this.#slots[from]?.counts ?? []) this.#put(into, value, count)
  }

  /** NaN as soon as one is NaN, as for records that are only added. */
  result(slot: number): number {
    const counted = this.#slots[slot]
    if (counted === undefined) return this.#sign * Number.POSITIVE_INFINITY
    const { counts, heap } = counted
    if (counts.has(Number.NaN)) return Number.NaN
    while (heap.length > 0 && !counts.has(this.#sign * heap[0]!)) removeTop(heap)
    return heap.length === 0 ? this.#sign * Number.POSITIVE_INFINITY : this.#sign * heap[0]!
  }

  write(slot: number, state: StateWriter): void {
    const counts = this.#slots[slot]?.counts
    state.uint(counts?.size ?? 0)
    for (const [value, count] of counts ?? []) state.float64(value).uint(count)
  }

  read(slot: number, state: StateReader): void {
    this.reset(slot)
    for (let left = state.uint(); left > 0; left--) this.#put(slot, state.float64(), state.uint())
  }

  #put(slot: number, value: number, count: number): void {
    const { counts, heap } = (this.#slots[slot] ??= { counts: new Map(), heap: [] })
    const before = counts.get(value)
    counts.set(value, (before ?? 0) + count)
    if (before === undefined && !Number.isNaN(value)) addToHeap(heap, this.#sign * value)
  }

  #take(slot: number, value: number): void {
    const counted = this.#slots[slot]
    const before = counted?.counts.get(value)
    if (counted === undefined || before === undefined) return
    if (before > 1) counted.counts.set(value, before - 1)
    else counted.counts.delete(value)
    // Numbers that come and go leave many of themselves behind.
    if (counted.heap.length > 64 && counted.heap.length > 4 * counted.counts.size) this.#rebuild(counted)
  }

  #rebuild(counted: Counted): void {
    // An array in order is a heap.
    const values = [...counted.counts.keys()].filter(value => !Number.isNaN(value))
    counted.heap = values.map(value => this.#sign * value).sort((a, b) => a - b)
  }
}

interface Counted {
  readonly counts: Map<number, number>
  /** Smallest first. */
  heap: number[]
}

function addToHeap(heap: number[], value: number): void {
  let at = heap.length
  while (at > 0) {
    const parent = (at - 1) >> 1
    if (heap[parent]! <= value) break
    heap[at] = heap[parent]!
    at = parent
  }
  heap[at] = value
}

function removeTop(heap: number[]): void {
  const value = heap.pop()!
  if (heap.length === 0) return
  let at = 0
  for (;;) {
    let child = 2 * at + 1
    if (child >= heap.length) break
    if (child + 1 < heap.length && heap[child + 1]! < heap[child]!) child++
    if (value <= heap[child]!) break
    heap[at] = heap[child]!
    at = child
  }
  heap[at] = value
}
