import type { Change } from '../../batch/change.ts'
import { StreamError } from '../../errors.ts'
import type { KeySelector, OperatorSpec } from '../operator.ts'
import type { ChangeOptions } from './change-options.ts'
import { type Ordering, RowOrder } from './ordering.ts'
import { type PerKey, perKey } from './per-key.ts'
import { checkSize, type Ranked, RankedRows, type TopNSize, type TopNState } from './ranked-rows.ts'

export interface TopNOptions<T> extends ChangeOptions {
  /** What comes first: `descending(player => player.score)`, or a list of criteria. Of equal rows the one that came first is first. */
  readonly orderBy: Ordering<T> | readonly Ordering<T>[]
  /** The first rank that is emitted, from 1. Default 1: with `topN(2, { from: 2 })` only the second place. */
  readonly from?: number
  /** Emits `{ rank, row }`, so that a row that moves up or down is a change, too. Default false: rows as such, which enter and leave. */
  readonly rank?: boolean
}

/**
 * The first `n` rows of each key, as changes, with the semantics and the order of emission of Flink SQL's AppendOnlyTopNFunction: a row that
 * has fallen out goes before the one that takes its place, and with ranks every place from the new row's down to the last is updated. Keeps
 * `n` rows a key.
 */
export function topN<T>(
  n: TopNSize<T>,
  options: TopNOptions<T>,
  key: KeySelector<T>,
): OperatorSpec<T, Change<T | Ranked<T>>> {
  return perKey<T, Change<T | Ranked<T>>, TopNState<T>>(describe('topN', n, options, key), () => {
    const rows = rankedRows(n, options, false)
    return {
      ...stateOf(rows),
      onRecord: (state, row, call) => rows.add(state, row, call),
    }
  })
}

/**
 * The first `n` rows of each key of a table that changes, as Flink SQL's RetractableTopNFunction: a row that is taken back lets the next one
 * move up, so all rows of a key are kept. One that is not there is counted in `missingRetractions` and changes nothing.
 */
export function retractableTopN<T>(
  n: TopNSize<T>,
  options: TopNOptions<T>,
  key: KeySelector<Change<T>>,
): OperatorSpec<Change<T>, Change<T | Ranked<T>>> {
  return perKey<Change<T>, Change<T | Ranked<T>>, TopNState<T>>(describe('topN', n, options, key), () => {
    const rows = rankedRows(n, options, true)
    return {
      ...stateOf(rows),
      onRecord(state, { op, value }, call) {
        if (op === 'insert' || op === 'updateAfter') return rows.add(state, value, call)
        return rows.takeBack(state, value, call)
      },
    }
  })
}

function describe<T, In>(kind: string, n: TopNSize<T>, options: TopNOptions<T>, key: KeySelector<In>) {
  const { from = 1, ttl } = options
  check(n, from)
  // Refused when the pipeline is built, not when it starts.
  new RowOrder(options.orderBy)
  const last = typeof n === 'number' ? n : 'n of the first row'
  return { kind, key, ttl, detail: [from === 1 ? `the first ${last}` : `ranks ${from} to ${last}`] }
}

function rankedRows<T>(n: TopNSize<T>, options: TopNOptions<T>, keepsAll: boolean): RankedRows<T> {
  const { from = 1, rank = false, updateBefore = true } = options
  return new RankedRows({ n, from, rank, updateBefore, keepsAll, order: new RowOrder(options.orderBy) })
}

function stateOf<T>(rows: RankedRows<T>): Omit<PerKey<unknown, unknown, TopNState<T>>, 'onRecord'> {
  return {
    create: () => rows.create(),
    isEmpty: state => state.rows.size === 0,
    write: (state, to) => rows.write(state, to),
    read: from => rows.read(from),
  }
}

function check<T>(n: TopNSize<T>, from: number): void {
  if (!Number.isSafeInteger(from) || from < 1)
    throw new StreamError('TOP_N_INVALID', `from is the first rank, a whole number from 1; got ${from}.`)
  if (typeof n === 'number') checkSize(n, from)
}
