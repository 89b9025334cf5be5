import { operatorHarness } from '@rtp/stream-testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Change } from '../../../src/index.ts'
import type { JoinKind } from '../../../src/operators/joins/join-kind.ts'
import { updatingJoin } from '../../../src/operators/joins/updating-join.ts'
import { byKey } from '../by-key.ts'
import { SCRIPTS } from './random-rows.ts'
import { END, pairNames, type Row } from './rows.ts'

const steps = fc.array(
  fc.record({
    input: fc.nat(1),
    key: fc.constantFrom('a', 'b'),
    name: fc.constantFrom('x', 'y', 'z'),
    isPut: fc.boolean(),
    restarts: fc.boolean(),
  }),
  { maxLength: 40, size: 'max' },
)

describe('an updating join', () => {
  it('describes the join of the two tables at every moment, however often it is restored', () => {
    fc.assert(
      fc.property(fc.constantFrom<JoinKind>('inner', 'left', 'right', 'full'), steps, (kind, script) => {
        const key = byKey((change: Change<Row>) => change.value.key)
        const harness = operatorHarness(
          updatingJoin<Change<Row>, Change<Row>, string>({
            keys: [key, key],
            kind,
            ids: [undefined, undefined],
            ttlMs: END,
            ttlTime: 'event',
            combine: (left, right) => `${(left ?? right)!.key}: ${pairNames(left, right)}`,
          }),
        )
        const tables: Row[][] = [[], []]
        const result: string[] = []
        const chain = [harness.snapshot('all')]
        for (const { input, isPut, restarts, ...row } of script) {
          const table = tables[input]!
          const found = table.findIndex(({ key, name }) => key === row.key && name === row.name)
          if (isPut) table.push(row)
          else if (found >= 0) table.splice(found, 1)
          harness.record({ op: isPut ? 'insert' : 'delete', value: row }, undefined, { input })
          for (const item of harness.take()) if ('value' in item) apply(result, item.value)
          expect([...result].sort()).toEqual(joined(kind, tables[0]!, tables[1]!).sort())
          chain.push(harness.snapshot('changes'))
          if (restarts) harness.restart(chain)
        }
      }),
      { numRuns: SCRIPTS * 4 },
    )
  })
})

function apply(result: string[], { op, value }: Change<string>): void {
  if (op === 'insert' || op === 'updateAfter') result.push(value)
  else {
    const found = result.indexOf(value)
    expect(found, `${value} is taken out though it is not there`).toBeGreaterThanOrEqual(0)
    result.splice(found, 1)
  }
}

function joined(kind: JoinKind, lefts: readonly Row[], rights: readonly Row[]): string[] {
  const rows: string[] = []
  for (const left of lefts) {
    const partners = rights.filter(({ key }) => key === left.key)
    for (const right of partners) rows.push(`${left.key}: ${pairNames(left, right)}`)
    if (partners.length === 0 && kind !== 'inner' && kind !== 'right')
      rows.push(`${left.key}: ${pairNames(left, null)}`)
  }
  for (const right of rights) {
    const isAlone = !lefts.some(({ key }) => key === right.key)
    if (isAlone && kind !== 'inner' && kind !== 'left') rows.push(`${right.key}: ${pairNames(null, right)}`)
  }
  return rows
}
