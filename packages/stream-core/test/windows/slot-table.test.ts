import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeKey, type Key } from '../../src/state/key.ts'
import { CHANGED, SlotTable, slotsOf, UNFIRED } from '../../src/windows/slot-table.ts'
import { PROPERTY_RUNS } from '../runs.ts'

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
        const { counts, table } = countingTable()
        const model = new Map<number, Map<string, number>>()
        for (const step of script) {
          if (step.do === 'record') {
            count(table, counts, step.window, step.key)
            const keysOf = model.get(step.window) ?? new Map<string, number>()
            model.set(step.window, keysOf.set(encodeKey(step.key), (keysOf.get(encodeKey(step.key)) ?? 0) + 1))
          } else if (step.do === 'close') {
            const window = table.window(step.window)
            if (window !== undefined) table.closeWindow(window)
            model.delete(step.window)
          } else table.takeChanges()
        }
        expect(table.windows().map(window => window.start)).toEqual([...model.keys()].sort((a, b) => a - b))
        const slots = table.windows().flatMap(window => [...slotsOf(window)])
        expect(new Set(slots).size).toBe(slots.length)
        for (const slot of slots) {
          expect(counts[slot]).toBe(model.get(table.start(slot))?.get(encodeKey(table.key(slot))))
        }
      }),
      PROPERTY_RUNS,
    )
  })

  it('tells each changed slot once, new ones in the order in which they came, and each window that closed', () => {
    fc.assert(
      fc.property(steps, script => {
        const { counts, table } = countingTable()
        let changed: string[] = []
        let closed: number[] = []
        const name = (slot: number): string => `${table.start(slot)} ${encodeKey(table.key(slot))}`
        for (const step of script) {
          if (step.do === 'record') {
            const text = name(count(table, counts, step.window, step.key))
            if (!changed.includes(text)) changed.push(text)
          } else if (step.do === 'close') {
            const window = table.window(step.window)
            if (window === undefined) continue
            table.closeWindow(window)
            changed = changed.filter(text => !text.startsWith(`${step.window} `))
            closed.push(step.window)
          } else {
            const changes = table.takeChanges()
            expect(changes.slots.map(name)).toEqual(changed)
            expect(changes.closed).toEqual(closed)
            changed = []
            closed = []
          }
        }
      }),
      PROPERTY_RUNS,
    )
  })

  it('grows with its columns', () => {
    const capacities: number[] = []
    const table = new SlotTable(
      2,
      capacity => capacities.push(capacity),
      () => {},
    )
    const window = table.openWindow(0)
    for (let i = 0; i < 9; i++) table.mark(table.add(window, `key ${i}`), CHANGED | UNFIRED)
    expect(capacities).toEqual([4, 8, 16])
    expect([...slotsOf(window)].map(slot => table.key(slot))).toEqual(Array.from({ length: 9 }, (_, i) => `key ${i}`))
    expect([...slotsOf(window)].every(slot => table.flags[slot] === (CHANGED | UNFIRED))).toBe(true)
  })
})

function countingTable(): { counts: number[]; table: SlotTable } {
  const counts: number[] = []
  const table = new SlotTable(
    2,
    () => {},
    slot => {
      counts[slot] = 0
    },
  )
  return { counts, table }
}

function count(table: SlotTable, counts: number[], start: number, key: Key): number {
  const window = table.window(start) ?? table.openWindow(start)
  const slot = table.find(window, key) ?? table.add(window, key)
  table.mark(slot, CHANGED | UNFIRED)
  counts[slot] = (counts[slot] ?? 0) + 1
  return slot
}
