import type { Batch } from '../../batch/batch.ts'
import { BatchBuilder } from '../../batch/batch-builder.ts'
import type { Change } from '../../batch/change.ts'
import type { Key } from '../../state/key.ts'
import type { StateReader } from '../../state/state-reader.ts'
import type { StateWriter } from '../../state/state-writer.ts'
import { formatDuration } from '../../time/duration.ts'
import { WatermarkTracker } from '../../time/watermark-tracker.ts'
import type { TimeDomain } from '../../windows/window-assigner.ts'
import type {
  Inspection,
  InspectionAnswer,
  KeySelector,
  Operator,
  OperatorContext,
  OperatorSpec,
  SnapshotScope,
  StateSweep,
} from '../operator.ts'
import { type JoinInput, type JoinKind, keepsUnmatched } from './join-kind.ts'
import { KeyTable } from './key-table.ts'
import { LATE_SIDES, LateSide } from './late-side.ts'
import { isPut, opOf, type RowOf, rowOf } from './row-of.ts'
import { SweepQueue } from './sweep-queue.ts'
import { type StoredRow, TableEntry } from './table-entry.ts'

export interface UpdatingJoinOptions<L, R, O> {
  readonly keys: readonly [KeySelector<L>, KeySelector<R>]
  readonly kind: JoinKind
  /** What tells the rows of a key apart, by side; left out, their content does, and equal rows are counted. */
  readonly ids: readonly [((row: RowOf<L>) => Key) | undefined, ((row: RowOf<R>) => Key) | undefined]
  /** How long a row is kept after it was last put; +Infinity: for ever. */
  readonly ttlMs: number
  /** Which clock the time to live goes by. */
  readonly ttlTime: TimeDomain
  readonly combine: (left: RowOf<L> | null, right: RowOf<R> | null) => O
}

type Op = Change<unknown>['op']

/**
 * Joins two tables that their changelogs describe, and emits the changes of the result, with the rules of Flink SQL's StreamingJoinOperator:
 *
 * - A row that is put in is paired with all rows of the other side that have its key; one that is taken out takes its pairs with it.
 * - In an outer join, a row that finds no partner is paired with null; the pair with null is taken out when the first partner comes, and is back when the
 *   last one goes.
 * - An inner join keeps the kind of the change (`updateBefore`, `updateAfter`); an outer one emits `insert` and `delete` alone.
 *
 * Where a side has an id, a row with the id of another one replaces it, though nobody took that one out before. A row to be taken out that is not
 * there changes nothing and goes to the late output of its side: it never came, or its time to live is over. When that is over a row is forgotten without a
 * change.
 */
export function updatingJoin<L, R, O>(options: UpdatingJoinOptions<L, R, O>): OperatorSpec<L | R, Change<O>> {
  const { kind, keys, ttlMs, ttlTime } = options
  const hasTtl = Number.isFinite(ttlMs)
  return {
    kind: 'updatingJoin',
    stateful: true,
    needsEventTime: hasTtl && ttlTime === 'event',
    usesProcessingTime: hasTtl && ttlTime === 'processing',
    keys,
    sideOutputs: LATE_SIDES,
    detail: `${kind}; rows kept ${hasTtl ? `${formatDuration(ttlMs)} of ${ttlTime} time` : 'for ever'}`,
    start: context => new UpdatingJoinOperator<L, R, O>(options, context),
  }
}

/** The record that is being worked on. */
interface Place {
  readonly batch: Batch<unknown>
  readonly at: number
  readonly input: JoinInput
  /** The other input. */
  readonly partner: JoinInput
}

class UpdatingJoinOperator<L, R, O> implements Operator<L | R> {
  readonly #options: UpdatingJoinOptions<L, R, O>
  readonly #context: OperatorContext<Change<O>>
  readonly #tracker = new WatermarkTracker(2)
  readonly #table: KeyTable<TableEntry>
  readonly #results = new BatchBuilder<Change<O>>()
  readonly #late: readonly [LateSide<unknown>, LateSide<unknown>]
  /** By input: whether its rows come out without a partner. */
  readonly #keeps: readonly [boolean, boolean]
  readonly #sweeps: SweepQueue<TableEntry>
  /** The clock of the time to live: the watermark, or the wall clock. */
  #clock = Number.NEGATIVE_INFINITY

  constructor(options: UpdatingJoinOptions<L, R, O>, context: OperatorContext<Change<O>>) {
    this.#options = options
    this.#context = context
    this.#keeps = [keepsUnmatched(options.kind, 0), keepsUnmatched(options.kind, 1)]
    this.#sweeps = new SweepQueue(Number.isFinite(options.ttlMs) ? options.ttlMs / 2 : 1)
    this.#late = [new LateSide(context, 0), new LateSide(context, 1)]
    this.#table = new KeyTable<TableEntry>(options.keys, context, {
      make: key => new TableEntry(key),
      write: (entry, state) => entry.write(state),
      read: (entry, state) => entry.read(state),
    })
  }

  get nextProcessingTime(): number {
    return this.#options.ttlTime === 'processing' ? this.#sweeps.nextTime : Number.POSITIVE_INFINITY
  }

  onProcessingTime(time: number): void {
    this.#moveClock(time)
  }

  onBatch(batch: Batch<L | R>, input: number): void {
    this.#tracker.align(batch, input)
    const byEventTime = this.#options.ttlTime === 'event'
    for (let at = 0; at < batch.size; at++) {
      if (byEventTime && batch.watermarks[at]! > this.#clock) this.#moveClock(batch.watermarks[at]!)
      try {
        this.#change({ batch, at, input: input as JoinInput, partner: input === 0 ? 1 : 0 }, batch.values[at]!)
      } catch (cause) {
        this.#context.fail(cause, batch, at)
      }
    }
    if (byEventTime && batch.watermark > this.#clock) this.#moveClock(batch.watermark)
    for (const late of this.#late) late.push(batch.watermark, batch.idle)
    this.#context.output.push(this.#results.take(batch.watermark, batch.idle))
  }

  inspect({ key }: Inspection): InspectionAnswer | undefined {
    const entry = key === undefined ? undefined : this.#table.find(key)
    if (entry === undefined) return { text: `keeps rows of ${this.#table.size} keys` }
    return { text: `keeps ${entry.rows[0].size} left and ${entry.rows[1].size} right rows of this key` }
  }

  snapshot(state: StateWriter, scope: SnapshotScope): void {
    this.#writeHead(state)
    this.#table.write(state, scope)
  }

  sweep(): StateSweep {
    return this.#table.sweep(state => this.#writeHead(state))
  }

  #writeHead(state: StateWriter): void {
    state.uint8(STATE_VERSION).float64(this.#clock)
    this.#tracker.write(state)
  }

  restore(state: StateReader): void {
    state.version(STATE_VERSION, `${this.#context.name}: join state`)
    this.#clock = state.float64()
    this.#tracker.read(state)
    this.#table.read(state)
  }

  restored(): void {
    for (const entry of this.#table.entries()) this.#sweepAgain(entry)
  }

  #change(place: Place, record: L | R): void {
    const { input } = place
    const op = opOf(record)
    const row = rowOf(record) as RowOf<L> & RowOf<R>
    const entry = this.#table.entryAt(place.batch, place.at, input)
    entry.expire(this.#clock)
    const idOf = this.#options.ids[input]
    const id = idOf === undefined ? entry.contentId(row) : entry.keyId(idOf(row))
    const stored = entry.rows[input].get(id)
    if (!isPut(op)) {
      if (stored === undefined) this.#turnAway(place, 0)
      else this.#takeOut(place, entry, id, stored, op)
    } else {
      const expiresAt = this.#expiry(place)
      // A row whose time to live is over when it comes changes nothing.
      if (expiresAt <= this.#clock) this.#turnAway(place, this.#clock - expiresAt)
      else if (stored === undefined || idOf === undefined) this.#putIn(place, entry, id, row, op, expiresAt)
      else {
        this.#takeOut(place, entry, id, stored, 'updateBefore')
        this.#putIn(place, entry, id, row, 'updateAfter', expiresAt)
      }
    }
    if (entry.isEmpty) this.#table.remove(entry)
    else this.#sweepAgain(entry)
  }

  #putIn(place: Place, entry: TableEntry, id: string, row: unknown, op: Op, expiresAt: number): void {
    const { input, partner } = place
    const others = entry.rows[partner]
    for (const other of others.values()) {
      this.#emit(place, 'delete', partner, other.value, null, other.padded)
      other.padded = 0
    }
    for (const other of others.values()) this.#emit(place, this.#pairOp(op), input, row, other.value, other.count)
    const stored = entry.put(input, id, row, expiresAt)
    if (others.size > 0 || !this.#keeps[input]) return
    this.#emit(place, 'insert', input, row, null, 1)
    stored.padded++
  }

  #takeOut(place: Place, entry: TableEntry, id: string, stored: StoredRow, op: Op): void {
    const { input, partner } = place
    const others = entry.rows[partner]
    const row = stored.value
    entry.take(input, id, stored)
    for (const other of others.values()) this.#emit(place, this.#pairOp(op), input, row, other.value, other.count)
    if (stored.padded > 0) {
      this.#emit(place, 'delete', input, row, null, 1)
      stored.padded--
    }
    if (entry.rows[input].size > 0 || !this.#keeps[partner]) return
    for (const other of others.values()) {
      this.#emit(place, 'insert', partner, other.value, null, other.count - other.padded)
      other.padded = other.count
    }
  }

  /** Pairs come and go beside those with null in an outer join, so that no update of one row has two halves. */
  #pairOp(op: Op): Op {
    if (this.#options.kind === 'inner') return op
    return isPut(op) ? 'insert' : 'delete'
  }

  #emit({ batch, at }: Place, op: Op, input: JoinInput, row: unknown, other: unknown, times: number): void {
    for (let n = 0; n < times; n++) {
      const left = (input === 0 ? row : other) as RowOf<L> | null
      const right = (input === 0 ? other : row) as RowOf<R> | null
      const change: Change<O> = { op, value: this.#options.combine(left, right) }
      this.#results.add(change, batch.times[at]!, batch.watermarks[at]!, batch.offsets[at]!)
    }
  }

  #turnAway({ batch, at, input }: Place, lateByMs: number): void {
    const watermark = batch.watermarks[at]!
    this.#late[input].add(batch, at, watermark, lateByMs, watermark)
  }

  #expiry({ batch, at }: Place): number {
    const { ttlMs, ttlTime } = this.#options
    return (ttlTime === 'event' && ttlMs < Number.POSITIVE_INFINITY ? batch.times[at]! : this.#clock) + ttlMs
  }

  #moveClock(time: number): void {
    this.#clock = time
    for (let entry = this.#sweeps.takeDue(time); entry !== undefined; entry = this.#sweeps.takeDue(time)) {
      entry.expire(time)
      if (this.#sweeps.isDone(entry, time)) this.#table.forget(entry)
      else this.#sweepAgain(entry)
    }
  }

  #sweepAgain(entry: TableEntry): void {
    if (Number.isFinite(entry.nextExpiry)) this.#sweeps.schedule(entry, entry.nextExpiry)
  }
}

/** First byte of the state; raised when its layout changes. */
const STATE_VERSION = 1
