import { operatorHarness } from '@rtp/stream-testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { propertyRuns } from '../../../../../runs.preset.ts'
import { ascending, type Change, type Ranked } from '../../../src/index.ts'
import { retractableTopN, topN } from '../../../src/operators/changelog/top-n.ts'
import { byKey } from '../by-key.ts'
import { insert, remove } from './change.ts'
import { tableOf, upsertedTable } from './table-of.ts'

interface Row {
  readonly key: string
  readonly id: number
  readonly score: number
}

const row = fc.record({ key: fc.constantFrom('a', 'b'), id: fc.nat(3), score: fc.nat(6) })
/** 'snapshot' restores a fresh copy from all snapshots so far. */
const added = fc.array(fc.oneof({ weight: 8, arbitrary: row }, fc.constant('snapshot' as const)), { maxLength: 60 })
/** A number takes back that one of the rows that are there. */
const changed = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: row },
    { weight: 3, arbitrary: fc.nat(20) },
    { weight: 1, arbitrary: fc.constant('snapshot' as const) },
  ),
  { maxLength: 80 },
)
const settings = fc
  .record({ n: fc.integer({ min: 1, max: 5 }), offset: fc.nat(2), rank: fc.boolean() })
  .map(({ n, offset, rank }) => ({ n, from: Math.min(n, 1 + offset), rank }))

type Setting = { readonly n: number; readonly from: number; readonly rank: boolean }
type Out = Change<Row | Ranked<Row>>

const orderBy = ascending((one: Row) => one.score)
const numRuns = propertyRuns(500)

/** What Top-N is, said once more: sort, cut, number. */
function firstRows(rows: readonly Row[], { n, from, rank }: Setting): (Row | Ranked<Row>)[] {
  return ['a', 'b'].flatMap(key => {
    const inOrder = rows.filter(one => one.key === key).sort((a, b) => a.score - b.score)
    return inOrder.slice(from - 1, n).map((one, i) => (rank ? { rank: from + i, row: one } : one))
  })
}

function run<In>(spec: Parameters<typeof operatorHarness<In, Out>>[0], items: readonly (In | 'snapshot')[]): Out[] {
  const harness = operatorHarness(spec)
  const chain = [harness.snapshot('all')]
  for (const item of items) {
    if (item === 'snapshot') {
      chain.push(harness.snapshot('changes'))
      harness.restart(chain)
    } else {
      harness.record(item)
    }
  }
  return harness.take().flatMap(item => ('value' in item ? [item.value] : []))
}

const inOrder = (rows: readonly unknown[]) => rows.map(one => JSON.stringify(one)).sort()
const placeOf = (one: Row | Ranked<Row>) => ('rank' in one ? `${one.row.key} ${one.rank}` : JSON.stringify(one))

describe('applying the changes of topN to a table', () => {
  it('gives the first rows of what was added', () => {
    fc.assert(
      fc.property(added, settings, (items, setting) => {
        const rows = items.filter(item => item !== 'snapshot')
        const key = byKey<Row>(one => one.key)
        const changes = run(topN<Row>(setting.n, { orderBy, ...setting }, key), items)
        expect(inOrder(tableOf(changes))).toEqual(inOrder(firstRows(rows, setting)))
        if (!setting.rank) return
        const upserts = run(topN<Row>(setting.n, { orderBy, ...setting, updateBefore: false }, key), items)
        expect(inOrder([...upsertedTable(upserts, placeOf).values()])).toEqual(inOrder(firstRows(rows, setting)))
      }),
      { numRuns, seed: 4 },
    )
  })

  it('gives the first rows of a table that changed, whatever was taken back', () => {
    fc.assert(
      fc.property(changed, settings, (steps, setting) => {
        const rows: Row[] = []
        const items: (Change<Row> | 'snapshot')[] = []
        for (const step of steps) {
          if (step === 'snapshot') items.push(step)
          else if (typeof step === 'object') {
            rows.push(step)
            items.push(insert(step))
          } else if (rows.length > 0) {
            // Of rows that are the same the first one goes.
            const value = rows[step % rows.length]!
            rows.splice(
              rows.findIndex(one => JSON.stringify(one) === JSON.stringify(value)),
              1,
            )
            items.push(remove(value))
          }
        }
        const key = byKey<Change<Row>>(({ value }) => value.key)
        const changes = run(retractableTopN<Row>(setting.n, { orderBy, ...setting }, key), items)
        expect(inOrder(tableOf(changes))).toEqual(inOrder(firstRows(rows, setting)))
      }),
      { numRuns, seed: 4 },
    )
  })
})
