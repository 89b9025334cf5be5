import { expectTypeOf } from 'vitest'
import {
  type Change,
  type ChangeStream,
  collect,
  count,
  descending,
  type GroupResult,
  max,
  pipeline,
  type Ranked,
  type Sink,
  type Stream,
  variance,
} from '../../src/index.ts'

interface Player {
  readonly team: string
  readonly name: string
  readonly score: number
}

declare const players: Iterable<Player>
declare const log: Iterable<Change<Player>>
declare const rows: Sink<Player>
declare const changesOfRows: Sink<Change<Player>>

const job = pipeline('types')
const byTeam = job.from(players).keyBy(player => player.team)
const orderBy = descending((player: Player) => player.score)

// Operators on keyed records emit changes; with ranks, of rows that say theirs.
const top = byTeam.topN(3, { orderBy })
expectTypeOf(top).toEqualTypeOf<ChangeStream<Player>>()
expectTypeOf(byTeam.topN(3, { orderBy, rank: true })).toEqualTypeOf<ChangeStream<Ranked<Player>>>()
expectTypeOf(byTeam.deduplicate({ keep: 'last', by: 'arrival' })).toEqualTypeOf<ChangeStream<Player>>()
expectTypeOf(byTeam.distinct()).toEqualTypeOf<Stream<Player>>()
expectTypeOf(byTeam.groupAggregate({ n: count(), all: collect() })).toEqualTypeOf<
  ChangeStream<GroupResult<string, { n: number; all: Player[] }>>
>()
// The order's record is known from the stream.
byTeam.topN(3, { orderBy: descending(player => player.score) })
// @ts-expect-error a player has no such field
byTeam.topN(3, { orderBy: descending(player => player.points) })
// @ts-expect-error an order is of numbers, strings, bigints or booleans
byTeam.topN(3, { orderBy: descending(player => [player.score]) })

// A table that changes is grouped by its rows.
const grouped = top.keyRowsBy(player => player.name)
expectTypeOf(grouped.topN(1, { orderBy })).toEqualTypeOf<ChangeStream<Player>>()
expectTypeOf(grouped.groupAggregate({ best: max(player => player.score) })).toEqualTypeOf<
  ChangeStream<GroupResult<string, { best: number }>>
>()
// @ts-expect-error a variance cannot take a row back
grouped.groupAggregate({ spread: variance((player: Player) => player.score) })
// @ts-expect-error nor can a list
grouped.groupAggregate({ all: collect<Player>() })

// Records are changes where their type says so, and nowhere else.
expectTypeOf(job.from(log).asChanges()).toEqualTypeOf<ChangeStream<Player>>()
// @ts-expect-error players are no changes
job.from(players).asChanges()

// Rows are mapped and filtered inside their changes.
expectTypeOf(top.mapRows(player => player.name)).toEqualTypeOf<ChangeStream<string>>()
expectTypeOf(top.filterRows(player => player.score > 3)).toEqualTypeOf<ChangeStream<Player>>()

// A sink takes rows or changes of rows, never one for the other.
top.sink(changesOfRows)
job.from(players).sink(rows)
// @ts-expect-error changes into a sink of rows
top.sink(rows)
// @ts-expect-error rows into a sink of changes
job.from(players).sink(changesOfRows)
