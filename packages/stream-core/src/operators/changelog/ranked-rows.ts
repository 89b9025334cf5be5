import type { Change } from '../../batch/change.ts'
import { StreamError } from '../../errors.ts'
import type { StateReader } from '../../state/state-reader.ts'
import type { StateWriter } from '../../state/state-writer.ts'
import type { RowOrder } from './ordering.ts'
import type { PerKeyCall } from './per-key.ts'
import { type SortedRow, SortedRows } from './sorted-rows.ts'

/** A row with its place, from 1. */
export interface Ranked<T> {
  readonly rank: number
  readonly row: T
}

/** How many rows a key has: one number for all, or taken from the key's first row. */
export type TopNSize<T> = number | ((row: T) => number)

export interface TopNState<T> {
  /** 0 before the first row, which may decide it. */
  n: number
  readonly rows: SortedRows<T>
}

export interface RankedRowsOptions<T> {
  readonly n: TopNSize<T>
  readonly from: number
  readonly rank: boolean
  readonly updateBefore: boolean
  /** False: rows behind the n-th are given up, since none can move up again. */
  readonly keepsAll: boolean
  readonly order: RowOrder<T>
}

type Call<T> = PerKeyCall<Change<T | Ranked<T>>>

/** What adding a row, or taking one back, does to the first ranks of a key. Each change has the event time of its own row. */
export class RankedRows<T> {
  readonly #options: RankedRowsOptions<T>
  /** Rows move between ranks, and that is to be seen: with rank numbers, or where the first rank is not emitted. */
  readonly #showsMoves: boolean

  constructor(options: RankedRowsOptions<T>) {
    this.#options = options
    this.#showsMoves = options.rank || options.from > 1
  }

  create(): TopNState<T> {
    return { n: 0, rows: new SortedRows(this.#options.order) }
  }

  /** False when the row is of no account. */
  add(state: TopNState<T>, row: T, call: Call<T>): boolean {
    const { order, keepsAll } = this.#options
    if (state.n === 0) state.n = this.#sizeFor(row)
    const { n, rows } = state
    const sortKey = order.keyOf(row)
    if (!keepsAll && rows.size >= n && rows.positionFor(sortKey) >= n) return false
    const added: SortedRow<T> = { row, sortKey, time: call.time }
    const position = rows.insert(added)
    if (position < n) {
      if (this.#showsMoves) this.#moveDown(state, added, position + 1, call)
      else this.#replaceLast(state, added, call)
    }
    if (!keepsAll && rows.size > n) rows.removeLast()
    return true
  }

  /** False when the row was not there. */
  takeBack(state: TopNState<T>, row: T, call: Call<T>): boolean {
    const found = state.rows.remove(row, this.#options.order.keyOf(row))
    if (found === undefined) {
      call.metrics.missingRetractions++
      return false
    }
    const { removed, position } = found
    if (position >= state.n) return true
    if (this.#showsMoves) this.#moveUp(state, removed, position + 1, call)
    else {
      emit(call, 'delete', removed, removed.row)
      const movedUp = state.rows.at(state.n - 1)
      if (movedUp !== undefined) emit(call, 'insert', movedUp, movedUp.row)
    }
    return true
  }

  write({ n, rows }: TopNState<T>, to: StateWriter): void {
    to.uint(n).uint(rows.size)
    for (const { row, time } of rows) to.float64(time).value(row)
  }

  /** Sort keys are taken anew, so an order that was changed since applies to what was kept, too. */
  read(from: StateReader): TopNState<T> {
    const state = this.create()
    state.n = from.uint()
    for (let left = from.uint(); left > 0; left--) {
      const time = from.float64()
      const row = from.value() as T
      state.rows.insert({ row, time, sortKey: this.#options.order.keyOf(row) })
    }
    return state
  }

  #sizeFor(row: T): number {
    const { n, from } = this.#options
    if (typeof n === 'number') return n
    const size = n(row)
    checkSize(size, from)
    return size
  }

  /** A new row without ranks: the one that falls out goes first. */
  #replaceLast({ n, rows }: TopNState<T>, added: SortedRow<T>, call: Call<T>): void {
    const fallenOut = rows.at(n)
    if (fallenOut !== undefined) emit(call, 'delete', fallenOut, fallenOut.row)
    emit(call, 'insert', added, added.row)
  }

  /** A new row has come to `rank`: from there on each row takes the place of the one behind it. */
  #moveDown({ n, rows }: TopNState<T>, added: SortedRow<T>, rank: number, call: Call<T>): void {
    let mover = added
    for (let at = rank; at <= n; at++) {
      const displaced = rows.at(at)
      if (displaced === undefined) {
        this.#emitAt(call, 'insert', mover, at)
        return
      }
      this.#emitUpdate(call, displaced, mover, at)
      mover = displaced
    }
  }

  /** The row at `rank` is gone: from there on each place is taken by the row behind it. */
  #moveUp({ n, rows }: TopNState<T>, removed: SortedRow<T>, rank: number, call: Call<T>): void {
    let leaver = removed
    for (let at = rank; at <= n; at++) {
      const successor = rows.at(at - 1)
      if (successor === undefined) {
        this.#emitAt(call, 'delete', leaver, at)
        return
      }
      this.#emitUpdate(call, leaver, successor, at)
      leaver = successor
    }
  }

  #emitUpdate(call: Call<T>, before: SortedRow<T>, after: SortedRow<T>, rank: number): void {
    if (this.#options.updateBefore) this.#emitAt(call, 'updateBefore', before, rank)
    this.#emitAt(call, 'updateAfter', after, rank)
  }

  #emitAt(call: Call<T>, op: Change<T>['op'], row: SortedRow<T>, rank: number): void {
    if (rank < this.#options.from) return
    emit(call, op, row, this.#options.rank ? { rank, row: row.row } : row.row)
  }
}

function emit<T>(call: Call<T>, op: Change<T>['op'], { time }: SortedRow<T>, value: T | Ranked<T>): void {
  call.emit({ op, value }, time)
}

/** Throws TOP_N_INVALID unless `n` is a number of rows that reaches the first rank. */
export function checkSize(n: unknown, from: number): asserts n is number {
  if (!Number.isSafeInteger(n) || (n as number) < 1)
    throw new StreamError('TOP_N_INVALID', `topN() needs a whole number of rows, at least 1; got ${String(n)}.`)
  if ((n as number) < from)
    throw new StreamError(
      'TOP_N_INVALID',
      `topN(${String(n)}) has no rank ${from}: from must not be above n. For the ${from}th place write topN(${from}, { from: ${from} }).`,
    )
}
