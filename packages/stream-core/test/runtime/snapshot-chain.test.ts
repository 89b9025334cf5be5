import { describe, expect, it } from 'vitest'
import type { Operator, SnapshotScope } from '../../src/operators/operator.ts'
import { SnapshotChain } from '../../src/runtime/snapshot-chain.ts'
import { StateWriter } from '../../src/state/state-writer.ts'

/** Counts by name; its snapshots are as large as it is told. */
class Counters implements Operator<unknown> {
  readonly counts = new Map<string, number>()
  readonly scopes: SnapshotScope[] = []
  fillBytes = 0
  readonly #changed = new Set<string>()

  readonly onBatch = (): void => {}

  count(name: string): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1)
    this.#changed.add(name)
  }

  snapshot(state: StateWriter, scope: SnapshotScope): void {
    this.scopes.push(scope)
    const names = scope === 'all' ? [...this.counts.keys()] : [...this.#changed]
    state.value(scope).value(names.map(name => [name, this.counts.get(name)]))
    state.bytes(new Uint8Array(this.fillBytes))
    this.#changed.clear()
  }

  restore(state: Parameters<NonNullable<Operator<unknown>['restore']>>[0]): void {
    if (state.value() === 'all') this.counts.clear()
    for (const [name, count] of state.value() as [string, number][]) this.counts.set(name, count)
    state.bytes()
  }
}

/** What a store keeps: what the last snapshot needs. */
class Stored {
  snapshots: Uint8Array[] = []

  take(chain: SnapshotChain): boolean {
    const { bytes, needs } = chain.snapshot()
    this.snapshots = [...this.snapshots.slice(this.snapshots.length - needs), bytes]
    return needs === 0
  }
}

const chainOf = (operators: Record<string, Operator<unknown>>) => new SnapshotChain(new Map(Object.entries(operators)))

describe('the chain of snapshots', () => {
  it('begins with everything, goes on with changes, and restores to the same state', () => {
    const counters = new Counters()
    const chain = chainOf({ counters })
    const stored = new Stored()
    for (const names of [['a', 'b'], ['b'], ['c', 'a'], []]) {
      for (const name of names) counters.count(name)
      stored.take(chain)
    }
    expect(counters.scopes).toEqual(['all', 'changes', 'changes', 'changes'])
    const restored = new Counters()
    chainOf({ counters: restored }).restore(stored.snapshots)
    expect(restored.counts).toEqual(counters.counts)
  })

  it('begins anew when the changes outweigh the whole, so that restoring stays cheap', () => {
    const counters = new Counters()
    const chain = chainOf({ counters })
    const stored = new Stored()
    counters.fillBytes = 200_000
    const fulls: number[] = []
    for (let i = 0; i < 12; i++) {
      counters.count('a')
      if (stored.take(chain)) fulls.push(i)
      const bytes = stored.snapshots.reduce((sum, { length }) => sum + length, 0)
      expect(bytes).toBeLessThan(3.5 * 200_000)
    }
    expect(fulls).toEqual([0, 3, 6, 9])
  })

  it('of small changes grows long, but not for ever', () => {
    const counters = new Counters()
    const chain = chainOf({ counters })
    const stored = new Stored()
    let longest = 0
    for (let i = 0; i < 2_500; i++) {
      stored.take(chain)
      longest = Math.max(longest, stored.snapshots.length)
    }
    expect(longest).toBeGreaterThan(100)
    expect(longest).toBeLessThanOrEqual(1_001)
  })

  it('that was restored goes on with changes, and counts what it has restored', () => {
    const stored = new Stored()
    const first = new Counters()
    const before = chainOf({ counters: first })
    first.fillBytes = 200_000
    for (let i = 0; i < 3; i++) {
      first.count('a')
      stored.take(before)
    }
    expect(stored.snapshots).toHaveLength(3)
    const second = new Counters()
    const after = chainOf({ counters: second })
    after.restore(stored.snapshots)
    second.fillBytes = 1
    second.count('b')
    // Two changes of 200,000 bytes and a little already outweigh the whole twice.
    expect(stored.take(after)).toBe(true)
    second.count('b')
    expect(stored.take(after)).toBe(false)
    const third = new Counters()
    chainOf({ counters: third }).restore(stored.snapshots)
    expect(third.counts).toEqual(
      new Map([
        ['a', 3],
        ['b', 2],
      ]),
    )
  })

  it('takes in an operator that the pipeline did not have before', () => {
    const stored = new Stored()
    const old = new Counters()
    old.count('a')
    stored.take(chainOf({ old }))
    const [kept, added] = [new Counters(), new Counters()]
    const chain = chainOf({ old: kept, added })
    chain.restore(stored.snapshots)
    added.count('new')
    expect(stored.take(chain)).toBe(false)
    const restored = [new Counters(), new Counters()] as const
    chainOf({ old: restored[0], added: restored[1] }).restore(stored.snapshots)
    expect(restored.map(({ counts }) => [...counts])).toEqual([[['a', 1]], [['new', 1]]])
  })

  it('stops at state of a step that the pipeline does not have', () => {
    const stored = new Stored()
    stored.take(chainOf({ before: new Counters() }))
    expect(() => chainOf({ after: new Counters() }).restore(stored.snapshots)).toThrow(
      'STATE_UNKNOWN: the checkpoint holds state of "before"',
    )
  })

  it('stops at a format of a later release', () => {
    const later = new StateWriter().uint8(99).uint(0).take()
    expect(() => chainOf({}).restore([later])).toThrow('CHECKPOINT_NEWER_VERSION')
  })

  it('leaves out operators without state', () => {
    const stateless: Operator<unknown> = { onBatch() {} }
    const stored = new Stored()
    stored.take(chainOf({ stateless }))
    const counters = new Counters()
    chainOf({ counters }).restore(stored.snapshots)
    expect(counters.counts.size).toBe(0)
  })
})
