import { describe, expect, it } from 'vitest'
import { decodeSnapshot } from '../../src/checkpoint/snapshot-format.ts'
import { entrySweep } from '../../src/operators/entry-sweep.ts'
import type { Operator, StateSweep } from '../../src/operators/operator.ts'
import { SnapshotChain } from '../../src/runtime/snapshot-chain.ts'
import type { StateReader } from '../../src/state/state-reader.ts'
import type { StateWriter } from '../../src/state/state-writer.ts'

/** Counts by name, each entry about a kilobyte. */
class LargeCounters implements Operator<unknown> {
  readonly counts = new Map<string, number>()
  wholes = 0
  readonly #changed = new Set<string>()

  readonly onBatch = (): void => {}

  count(name: string): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1)
    this.#changed.add(name)
  }

  snapshot(state: StateWriter, scope: 'all' | 'changes'): void {
    if (scope === 'all') this.wholes++
    this.#write(state, scope === 'all' ? [...this.counts.keys()] : [...this.#changed])
    this.#changed.clear()
  }

  sweep(): StateSweep {
    return entrySweep(this.counts.keys(), (state, names) => this.#write(state, names))
  }

  restore(state: StateReader): void {
    for (let left = state.uint(); left > 0; left--) {
      this.counts.set(state.text(), state.uint())
      state.bytes()
    }
  }

  #write(state: StateWriter, names: readonly string[]): void {
    state.uint(names.length)
    for (const name of names) state.text(name).uint(this.counts.get(name)!).bytes(FILL)
  }
}

const FILL = new Uint8Array(1_000)
const KEYS = 4_000
const RECORDS = 500

/** A chain over four megabytes of state, and what a store would hold of it. */
function largeChain() {
  const counters = new LargeCounters()
  const chain = new SnapshotChain(new Map([['counters', counters]]))
  let stored: Uint8Array[] = []
  let next = 0
  return {
    counters,
    get stored() {
      return stored
    },
    /** Counts further names, each in its turn. */
    work(): void {
      for (let i = 0; i < RECORDS; i++) counters.count(`name ${next++ % KEYS}`)
      chain.advance(RECORDS)
    },
    checkpoint(): void {
      const { bytes, needs } = chain.snapshot()
      expect(needs).toBeLessThanOrEqual(stored.length)
      stored = [...stored.slice(stored.length - needs), bytes]
    },
    restored(): Map<string, number> {
      const copy = new LargeCounters()
      new SnapshotChain(new Map([['counters', copy]])).restore(stored)
      return copy.counts
    },
  }
}

const sizeOf = (snapshots: readonly Uint8Array[]) => snapshots.reduce((sum, { length }) => sum + length, 0)

describe('the chain of large state', () => {
  it('is never written at once, restores to what there is at every checkpoint, and stays a few times as large as the state', () => {
    const large = largeChain()
    let ends = 0
    for (let i = 0; i < 80; i++) {
      large.work()
      large.checkpoint()
      // While it was small, it was written as a whole.
      if (i === 10) large.counters.wholes = 0
      if (i > 10 && decodeSnapshot(large.stored.at(-1)!, false).endsSweep) ends++
      // What changes in a step, what a sweep adds to it, twice that, and what it writes at once.
      expect(large.stored.at(-1)!.length).toBeLessThan(4 * RECORDS * 1_100 + 1024 * 1024)
      if (i % 3 === 0) expect(large.restored()).toEqual(large.counters.counts)
    }
    expect(large.counters.wholes).toBe(0)
    expect(ends).toBeGreaterThan(2)
    expect(sizeOf(large.stored)).toBeLessThan(4 * KEYS * 1_020)
  })

  it('goes on from a restart in the middle of a sweep, with a sweep of its own', () => {
    const before = largeChain()
    const isSweeping = () => {
      const links = before.stored.map(bytes => decodeSnapshot(bytes, false))
      return links.findLastIndex(link => link.beginsSweep) > links.findLastIndex(link => link.endsSweep)
    }
    for (let i = 0; i < 20 || !isSweeping(); i++) {
      before.work()
      before.checkpoint()
    }
    const counters = new LargeCounters()
    const chain = new SnapshotChain(new Map([['counters', counters]]))
    chain.restore(before.stored)
    expect(counters.counts).toEqual(before.counters.counts)
    let stored = before.stored
    let ends = 0
    for (let i = 0; ends < 2; i++) {
      for (let record = 0; record < RECORDS; record++) counters.count(`name ${(i * RECORDS + record) % KEYS}`)
      chain.advance(RECORDS)
      const { bytes, needs } = chain.snapshot()
      stored = [...stored.slice(stored.length - needs), bytes]
      if (decodeSnapshot(bytes, false).endsSweep) ends++
      const copy = new LargeCounters()
      new SnapshotChain(new Map([['counters', copy]])).restore(stored)
      expect(copy.counts).toEqual(counters.counts)
    }
    expect(counters.wholes).toBe(0)
  })

  it('begins anew also when hardly a record comes', () => {
    const large = largeChain()
    for (let i = 0; i < 20; i++) {
      large.work()
      large.checkpoint()
    }
    const checkpoints: boolean[] = []
    while (!checkpoints.at(-1) && checkpoints.length < 2_000) {
      large.counters.count('name 1')
      large.checkpoint()
      checkpoints.push(decodeSnapshot(large.stored.at(-1)!, false).endsSweep)
    }
    expect(checkpoints.at(-1)).toBe(true)
    expect(large.restored()).toEqual(large.counters.counts)
  })

  it('whose beginning is missing is damaged', () => {
    const large = largeChain()
    for (let i = 0; i < 5; i++) {
      large.work()
      large.checkpoint()
    }
    const restored = new SnapshotChain(new Map([['counters', new LargeCounters()]]))
    expect(() => restored.restore(large.stored.slice(1))).toThrow('CHECKPOINT_CORRUPT')
  })
})
