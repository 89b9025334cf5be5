import { describe, expect, it } from 'vitest'
import { type Change, count, descending, max, pipeline, run, toArray } from '../../src/index.ts'

interface Player {
  readonly team: string
  readonly name: string
  readonly score: number
}

const player = (name: string, score: number, team = 'red'): Player => ({ team, name, score })

describe('a stream of changes', () => {
  it('runs through operators on tables up to a sink', async () => {
    const job = pipeline('league')
    const best: Change<{ key: string; value: { n: number; best: number } }>[] = []
    job
      .from([player('ann', 5), player('bob', 7), player('cid', 6)])
      .keyBy(row => row.team)
      .topN(2, { orderBy: descending(row => row.score) })
      .keyRowsBy(row => row.team)
      .groupAggregate({ n: count(), best: max(row => row.score) })
      .sink(toArray(best))
    await run(job).done
    expect(best.map(({ op, value }) => `${op} ${value.value.n} ${value.value.best}`)).toEqual([
      'insert 1 5',
      'updateBefore 1 5',
      'updateAfter 2 7',
      // Ann falls out of the first two, Cid comes in.
      'updateBefore 2 7',
      'updateAfter 1 7',
      'updateBefore 1 7',
      'updateAfter 2 7',
    ])
  })

  it('keeps the kind of each change where rows are mapped, and drops what is filtered', async () => {
    const job = pipeline('map')
    const changes: Change<string>[] = []
    const log: Change<Player>[] = [
      { op: 'insert', value: player('ann', 5) },
      { op: 'updateBefore', value: player('ann', 5) },
      { op: 'updateAfter', value: player('ann', 1) },
    ]
    job
      .from(log)
      .asChanges()
      .filterRows(row => row.score > 2)
      .mapRows(row => row.name)
      .sink(toArray(changes))
    await run(job).done
    expect(changes).toEqual([
      { op: 'insert', value: 'ann' },
      { op: 'updateBefore', value: 'ann' },
    ])
  })

  it('is made of upserts by normalise()', async () => {
    const job = pipeline('upserts')
    const changes: Change<Player>[] = []
    const upserts: Change<Player>[] = [
      { op: 'updateAfter', value: player('ann', 5) },
      { op: 'updateAfter', value: player('ann', 6) },
    ]
    job
      .from(upserts)
      .asChanges()
      .keyRowsBy(row => row.name)
      .normalise()
      .sink(toArray(changes))
    await run(job).done
    expect(changes.map(({ op }) => op)).toEqual(['insert', 'updateBefore', 'updateAfter'])
  })
})
