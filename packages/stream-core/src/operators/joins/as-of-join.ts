import type { Batch } from '../../batch/batch.ts'
import { BatchBuilder } from '../../batch/batch-builder.ts'
import type { Key } from '../../state/key.ts'
import type { StateReader } from '../../state/state-reader.ts'
import type { StateWriter } from '../../state/state-writer.ts'
import { minutes } from '../../time/duration.ts'
import { TimerQueue } from '../../time/timer-queue.ts'
import { WatermarkTracker } from '../../time/watermark-tracker.ts'
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
import type { JoinInput } from './join-kind.ts'
import { type KeyEntry, KeyTable } from './key-table.ts'
import { LATE_SIDES, LateSide } from './late-side.ts'
import { missingTime } from './missing-time.ts'
import { isPut, opOf, type RowOf, rowOf } from './row-of.ts'
import { SweepQueue, type Swept } from './sweep-queue.ts'
import { TimeBuffer } from './time-buffer.ts'

export interface AsOfJoinOptions<L, R, O> {
  readonly keys: readonly [KeySelector<L>, KeySelector<R>]
  readonly kind: 'inner' | 'left'
  readonly combine: (left: L, right: RowOf<R> | null) => O
}

/**
 * Joins each left record with the version of the right table that was valid at its time, with the rules of Flink SQL's TemporalRowTimeJoinOperator:
 *
 * - A right record is a version of its key from its time on; a later one at the same time replaces it. One that takes a row out (`delete`,
 *   `updateBefore`) ends the validity.
 * - A left record waits until the watermark of both inputs reaches its time; then it comes out with the newest version at or before its time, or with null
 *   (left join) where there is none. Results of one watermark come in order of left time, then of arrival.
 * - A left record behind the watermark comes out when the watermark moves next.
 * - Of the versions at or before the watermark only the newest is kept. One that comes behind the watermark is kept by the same rule; as it may have come too
 *   late for results that are out, it goes to the late output besides.
 */
export function asOfJoin<L, R, O>(options: AsOfJoinOptions<L, R, O>): OperatorSpec<L | R, O> {
  return {
    kind: 'asOfJoin',
    stateful: true,
    needsEventTime: true,
    keys: options.keys,
    sideOutputs: [LATE_SIDES[1]],
    detail: `${options.kind}; newest right version at or before the left time`,
    start: context => new AsOfJoinOperator<L, R, O>(options, context),
  }
}

/** What is kept of one key. */
class AsOfEntry implements KeyEntry, Swept {
  readonly key: Key
  /** Left records that wait for the watermark; marked with their number, in order of arrival. */
  readonly left = new TimeBuffer<unknown>()
  /** Right versions; the mark is ENDED where the row is taken out. */
  readonly versions = new TimeBuffer<unknown>()
  changed = false
  sweepAt = Number.POSITIVE_INFINITY
  wasEmpty = false
  /** The watermark at which versions were last dropped. */
  trimmedAt = Number.NEGATIVE_INFINITY

  constructor(key: Key) {
    this.key = key
  }

  get isEmpty(): boolean {
    return this.left.size === 0 && this.versions.size === 0
  }
}

class AsOfJoinOperator<L, R, O> implements Operator<L | R> {
  readonly #options: AsOfJoinOptions<L, R, O>
  readonly #context: OperatorContext<O>
  readonly #tracker = new WatermarkTracker(2)
  readonly #table: KeyTable<AsOfEntry>
  readonly #results = new BatchBuilder<O>()
  readonly #lateVersions: LateSide<L | R>
  /** Keys by the time of their waiting left records: one timer a record. */
  readonly #waiting = new TimerQueue<AsOfEntry>()
  readonly #sweeps = new SweepQueue<AsOfEntry>(SWEEP_DELAY)
  #records = 0
  #watermark = Number.NEGATIVE_INFINITY

  constructor(options: AsOfJoinOptions<L, R, O>, context: OperatorContext<O>) {
    this.#options = options
    this.#context = context
    this.#lateVersions = new LateSide(context, 1)
    this.#table = new KeyTable<AsOfEntry>(options.keys, context, {
      make: key => new AsOfEntry(key),
      write: (entry, state) => {
        this.#trim(entry)
        state.float64(entry.trimmedAt)
        entry.left.write(state)
        entry.versions.write(state)
      },
      read: (entry, state) => {
        entry.trimmedAt = state.float64()
        entry.left.read(state)
        entry.versions.read(state)
      },
    })
  }

  onBatch(batch: Batch<L | R>, input: number): void {
    this.#tracker.align(batch, input)
    for (let at = 0; at < batch.size; at++) {
      const watermark = batch.watermarks[at]!
      if (watermark > this.#watermark) this.#advance(watermark, batch, at)
      if (Number.isNaN(batch.times[at]!)) {
        this.#context.fail(missingTime(this.#context.name, input as JoinInput), batch, at)
      }
      if (input === 0) this.#wait(batch, at)
      else this.#putVersion(batch, at)
    }
    if (batch.watermark > this.#watermark) this.#advance(batch.watermark, batch, Math.max(0, batch.size - 1))
    this.#lateVersions.push(this.#watermark, batch.idle)
    this.#context.output.push(this.#results.take(this.#watermark, batch.idle))
  }

  inspect({ key }: Inspection): InspectionAnswer | undefined {
    const watermark = this.#watermark
    const entry = key === undefined ? undefined : this.#table.find(key)
    if (entry !== undefined) this.#trim(entry)
    if (entry === undefined || entry.isEmpty) return { text: `keeps versions of ${this.#table.size} keys`, watermark }
    const { left, versions } = entry
    const held = { left: left.liveTimes(), right: versions.liveTimes() }
    const text = `keeps ${left.size} left records, which wait for the watermark, and ${versions.size} versions of this key`
    return left.size === 0
      ? { text, watermark, held }
      : { text, watermark, waitsFor: Math.max(watermark + 1, left.times[left.first]!), held }
  }

  snapshot(state: StateWriter, scope: SnapshotScope): void {
    this.#writeHead(state)
    this.#table.write(state, scope)
  }

  sweep(): StateSweep {
    return this.#table.sweep(state => this.#writeHead(state))
  }

  #writeHead(state: StateWriter): void {
    state.uint8(STATE_VERSION).float64(this.#watermark)
    this.#tracker.write(state)
  }

  restore(state: StateReader): void {
    state.version(STATE_VERSION, `${this.#context.name}: join state`)
    this.#watermark = state.float64()
    this.#tracker.read(state)
    this.#table.read(state)
  }

  #wait(batch: Batch<L | R>, at: number): void {
    const entry = this.#table.entryAt(batch, at, 0)
    this.#trim(entry)
    const time = batch.times[at]!
    entry.left.add(time, batch.values[at], this.#records++)
    this.#waiting.add(time, entry)
  }

  #putVersion(batch: Batch<L | R>, at: number): void {
    const entry = this.#table.entryAt(batch, at, 1)
    this.#trim(entry)
    const time = batch.times[at]!
    if (time <= this.#watermark) {
      this.#lateVersions.add(batch, at, this.#watermark, this.#watermark - time, this.#watermark)
    }
    const record = batch.values[at] as R
    const mark = isPut(opOf(record)) ? VALID : ENDED
    const value = mark === VALID ? rowOf(record) : undefined
    const { versions } = entry
    const found = versions.from(time)
    if (found < versions.end && versions.times[found] === time) {
      versions.values[found] = value
      versions.marks[found] = mark
    } else {
      versions.add(time, value, mark)
    }
    this.#sweeps.schedule(entry, time)
  }

  /** Lets out the left records that the watermark has reached; they go before it. */
  #advance(watermark: number, batch: Batch<L | R>, at: number): void {
    while (this.#waiting.size > 0 && this.#waiting.nextTime <= watermark) {
      const entry = this.#waiting.take()
      const { left, versions } = entry
      const { first } = left
      const time = left.times[first]!
      const value = left.values[first] as L
      left.dropBefore(first + 1)
      const found = versions.behind(time) - 1
      const isValid = found >= versions.first && versions.marks[found] === VALID
      if (isValid) this.#emit(value, versions.values[found] as RowOf<R>, time, batch, at)
      else if (this.#options.kind === 'left') this.#emit(value, null, time, batch, at)
      if (entry.isEmpty) this.#table.remove(entry)
      else this.#table.touch(entry)
    }
    this.#watermark = watermark
    for (let entry = this.#sweeps.takeDue(watermark); entry !== undefined; entry = this.#sweeps.takeDue(watermark)) {
      this.#trim(entry)
      if (this.#sweeps.isDone(entry, watermark)) this.#table.forget(entry)
      else this.#sweepAgain(entry)
    }
  }

  #emit(left: L, right: RowOf<R> | null, time: number, batch: Batch<L | R>, at: number): void {
    try {
      this.#results.add(this.#options.combine(left, right), time, this.#watermark, Number.NaN)
    } catch (cause) {
      this.#context.fail(cause, batch, at)
    }
  }

  /** Drops versions that came before the watermark moved, but for the newest that it has reached. */
  #trim(entry: AsOfEntry): void {
    if (entry.trimmedAt >= this.#watermark) return
    entry.trimmedAt = this.#watermark
    const { versions } = entry
    let kept = versions.behind(this.#watermark) - 1
    // That a row was taken out need not be kept: it is as if it had never been.
    if (kept >= versions.first && versions.marks[kept] === ENDED) kept++
    if (kept > versions.first) versions.dropBefore(kept)
  }

  #sweepAgain(entry: AsOfEntry): void {
    const { times, marks, first, size } = entry.versions
    // The newest version at or before the watermark stays whatever happens, until the next one takes its place.
    if (size > 1) this.#sweeps.schedule(entry, times[first + 1]!)
    else if (size === 1 && marks[first] === ENDED) this.#sweeps.schedule(entry, times[first]!)
  }

  restored(): void {
    const records: { readonly record: number; readonly time: number; readonly entry: AsOfEntry }[] = []
    for (const entry of this.#table.entries()) {
      const { marks, times, first, end } = entry.left
      for (let at = first; at < end; at++) records.push({ record: marks[at]!, time: times[at]!, entry })
      this.#sweepAgain(entry)
    }
    for (const { record, time, entry } of records.sort((a, b) => a.record - b.record)) {
      this.#records = Math.max(this.#records, record + 1)
      this.#waiting.add(time, entry)
    }
  }
}

const VALID = 0
const ENDED = 1
/** How much later than it could be a version of a key that comes no more is dropped, in event time. */
const SWEEP_DELAY = minutes(1)
/** First byte of the state; raised when its layout changes. */
const STATE_VERSION = 1
