import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { propertyRuns } from '../../../../runs.preset.ts'
import { encodeKey, type Key } from '../../src/state/key.ts'
import { KeyMap } from '../../src/state/key-map.ts'
import { CHANGED, SlotTable, UNFIRED } from '../../src/windows/slot-table.ts'

const keys: fc.Arbitrary<Key> = fc.oneof(
  fc.constantFrom('a', 'b', 1, 0, -0, 1n, true),
  fc.tuple(fc.constantFrom('a', 1), fc.nat(2)),
)
const windows = fc.nat(3).map(n => n * 10)
const steps = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ do: fc.constant('record' as const), window: windows, key: keys }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('close' as const), window: windows }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('snapshot' as const) }) },
  ),
  { maxLength: 60, size: 'max' },
)

describe('the slot table', () => {
  it('gives each key of each open window a slot of its own, and slots of closed windows again, emptied', () => {
    fc.assert(
      fc.property(steps, script => {
        const counted = new Counted()
        const model = new Map<number, Map<string, number>>()
        for (const step of script) {
          if (step.do === 'record') {
            counted.count(step.window, step.key)
            const keysOf = model.get(step.window) ?? new Map<string, number>()
            model.set(step.window, keysOf.set(encodeKey(step.key), (keysOf.get(encodeKey(step.key)) ?? 0) + 1))
          } else if (step.do === 'close') {
            counted.close(step.window)
            model.delete(step.window)
          } else counted.table.takeChanges()
        }
        const slots = counted.slots()
        expect(new Set(slots).size).toBe(slots.length)
        expect(slots.length).toBe([...model.values()].reduce((sum, keysOf) => sum + keysOf.size, 0))
        for (const slot of slots) {
          const { table, counts } = counted
          expect(counts[slot]).toBe(model.get(table.place(slot))?.get(encodeKey(table.key(slot))))
        }
      }),
      { numRuns: propertyRuns() },
    )
  })

  it('tells each changed slot once, new ones in the order in which they came', () => {
    fc.assert(
      fc.property(steps, script => {
        const counted = new Counted()
        const { table } = counted
        let changed: string[] = []
        const name = (slot: number): string => `${table.place(slot)} ${encodeKey(table.key(slot))}`
        for (const step of script) {
          if (step.do === 'record') {
            const text = name(counted.count(step.window, step.key))
            if (!changed.includes(text)) changed.push(text)
          } else if (step.do === 'close') {
            counted.close(step.window)
            changed = changed.filter(text => !text.startsWith(`${step.window} `))
          } else {
            expect(table.takeChanges().map(name)).toEqual(changed)
            changed = []
          }
        }
      }),
      { numRuns: propertyRuns() },
    )
  })

  it('grows with its columns', () => {
    const capacities: number[] = []
    const table = new SlotTable(2, { onGrow: capacity => capacities.push(capacity), onRelease() {}, ordered: true })
    const slotsOf = new KeyMap<number>()
    for (let i = 0; i < 9; i++) table.mark(table.add(slotsOf, `key ${i}`, 0), CHANGED | UNFIRED)
    expect(capacities).toEqual([4, 8, 16])
    const slots: number[] = []
    slotsOf.each(slot => slots.push(slot))
    expect(slots.map(slot => table.key(slot))).toEqual(Array.from({ length: 9 }, (_, i) => `key ${i}`))
    expect(slots.map(slot => table.firsts[slot])).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8])
    expect(slots.every(slot => table.flags[slot] === (CHANGED | UNFIRED))).toBe(true)
  })
})

/** A slot table with a count for each slot. */
class Counted {
  readonly counts: number[] = []
  readonly table = new SlotTable(2, {
    onGrow() {},
    onRelease: slot => {
      this.counts[slot] = 0
    },
  })
  readonly #windows = new Map<number, KeyMap<number>>()

  count(start: number, key: Key): number {
    const window = this.#windows.get(start) ?? new KeyMap<number>()
    this.#windows.set(start, window)
    const slot = window.get(key) ?? this.table.add(window, key, start)
    this.table.mark(slot, CHANGED | UNFIRED)
    this.counts[slot] = (this.counts[slot] ?? 0) + 1
    return slot
  }

  close(start: number): void {
    this.#windows.get(start)?.each(slot => this.table.release(slot))
    this.#windows.delete(start)
  }

  slots(): number[] {
    const slots: number[] = []
    for (const window of this.#windows.values()) window.each(slot => slots.push(slot))
    return slots
  }
}
