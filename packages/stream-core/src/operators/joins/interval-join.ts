import { type Batch, watermarkBatch } from '../../batch/batch.ts'
import type { StateReader } from '../../state/state-reader.ts'
import type { StateWriter } from '../../state/state-writer.ts'
import { formatDuration } from '../../time/duration.ts'
import { TimerQueue } from '../../time/timer-queue.ts'
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
import { type Combine, type JoinInput, type JoinKind, keepsUnmatched } from './join-kind.ts'
import { KeyTable } from './key-table.ts'
import { LATE_SIDES, LateSide } from './late-side.ts'
import { missingTime } from './missing-time.ts'
import { RowEntry, rowNumber, type WaitingRow } from './row-entry.ts'
import { RowPairs } from './row-pairs.ts'
import { SweepQueue } from './sweep-queue.ts'

/** Which time a pair gets: that of its later or of its earlier row. */
export type ResultTime = 'later' | 'earlier'

export interface IntervalJoinOptions<L, R, O> {
  readonly keys: readonly [KeySelector<L>, KeySelector<R>]
  readonly kind: JoinKind
  /** A pair matches when left time + lower <= right time <= left time + upper. */
  readonly lowerMs: number
  readonly upperMs: number
  /** Which clock rows go by: their event time, or the wall clock when they arrive. */
  readonly time: TimeDomain
  readonly resultTime: ResultTime
  readonly combine: Combine<L, R, O>
}

/**
 * Joins the rows of two inputs that have one key and times within bounds of each other.
 *
 * The inner join has the rules of Flink's IntervalJoinOperator: a row behind the watermark (time < watermark) is late and goes to the late output; a
 * pair comes out when its second row arrives; a row is kept until the watermark reaches its time + its reach, or its time where the reach is negative.
 *
 * Outer joins have those of Flink SQL's RowTimeIntervalJoin: a row of a side that is kept comes out once or more with a partner, or exactly once with
 * null, as soon as the watermark says that no partner can come. So a late row still finds the partners that are kept, and comes out with null at
 * once when there is none; it is late only where its side is not kept. The watermark that goes on is held back by the larger reach, so that
 * rows with null, which are as old as that, are not late for what follows.
 */
export function intervalJoin<L, R, O>(options: IntervalJoinOptions<L, R, O>): OperatorSpec<L | R, O> {
  const { kind, keys, lowerMs, upperMs, time } = options
  return {
    kind: 'intervalJoin',
    stateful: true,
    needsEventTime: time === 'event',
    usesProcessingTime: time === 'processing',
    keys,
    sideOutputs: LATE_SIDES,
    detail: `${kind}; right from ${signed(lowerMs)} to ${signed(upperMs)} of left; ${time} time`,
    start: context => new IntervalJoinOperator<L, R, O>(options, context),
  }
}

class IntervalJoinOperator<L, R, O> implements Operator<L | R> {
  readonly #options: IntervalJoinOptions<L, R, O>
  readonly #context: OperatorContext<O>
  readonly #tracker = new WatermarkTracker(2)
  readonly #table: KeyTable<RowEntry>
  readonly #pairs: RowPairs<L, R, O>
  readonly #late: readonly [LateSide<L | R>, LateSide<L | R>]
  /** By input: whether its rows come out without a partner. */
  readonly #keeps: readonly [boolean, boolean]
  /** By input: from when to when its partners are, relative to its own time. */
  readonly #from: readonly [number, number]
  readonly #to: readonly [number, number]
  /** By input: how long after its time a row is kept. */
  readonly #reach: readonly [number, number]
  /** How far the watermark that goes on is behind the one that comes. */
  readonly #holdBack: number
  /** Rows of sides that are kept, by when they leave: one timer a row, so that nulls come in order of time whatever the watermarks between. */
  readonly #waiting = new TimerQueue<WaitingRow>()
  /** Rows of the other sides leave in bulk, at most twice the width of the join later than they could. */
  readonly #sweeps: SweepQueue<RowEntry>
  /** Rows that were kept so far, and how many of them the last snapshot knew. */
  #rows = 0
  #writtenRows = 0
  #watermark = Number.NEGATIVE_INFINITY
  #outputWatermark = Number.NEGATIVE_INFINITY
  #now = Number.NEGATIVE_INFINITY

  constructor(options: IntervalJoinOptions<L, R, O>, context: OperatorContext<O>) {
    const { kind, lowerMs, upperMs, resultTime, time } = options
    this.#options = options
    this.#context = context
    this.#pairs = new RowPairs(options.combine, context)
    this.#keeps = [keepsUnmatched(kind, 0), keepsUnmatched(kind, 1)]
    this.#from = [lowerMs, -upperMs]
    this.#to = [upperMs, -lowerMs]
    const least = kind === 'inner' ? 0 : Number.NEGATIVE_INFINITY
    this.#reach = [Math.max(least, upperMs), Math.max(least, -lowerMs)]
    const isBehind = time === 'event' && (kind !== 'inner' || resultTime === 'earlier')
    this.#holdBack = isBehind ? Math.max(0, upperMs, -lowerMs) : 0
    this.#sweeps = new SweepQueue(2 * (upperMs - lowerMs))
    this.#late = [new LateSide(context, 0), new LateSide(context, 1)]
    this.#table = new KeyTable<RowEntry>(options.keys, context, {
      make: key => new RowEntry(key),
      addsToEntries: true,
      write: (entry, state, scope) => {
        if (entry.trimmedAt < this.#watermark) this.#trim(entry, this.#watermark)
        entry.write(state, scope === 'all' ? 0 : this.#writtenRows)
      },
      written: entry => entry.written(),
      read: (entry, state) => entry.read(state, watermark => this.#trim(entry, watermark)),
    })
  }

  get nextProcessingTime(): number {
    // A wall clock at `now` may still bring rows of this millisecond, so what is complete is one behind.
    return Math.min(this.#waiting.nextTime, this.#sweeps.nextTime) + 1
  }

  onProcessingTime(time: number): void {
    this.#now = time
    this.#advance(time - 1, NO_RECORD, 0)
    if (this.#pairs.size > 0) this.#push(this.#tracker.idle)
  }

  onBatch(batch: Batch<L | R>, input: number): void {
    this.#tracker.align(batch, input)
    if (this.#options.time === 'event') this.#joinByEventTime(batch, input as JoinInput)
    else this.#joinByWallClock(batch, input as JoinInput)
    this.#push(batch.idle)
  }

  inspect({ key }: Inspection): InspectionAnswer | undefined {
    if (key === undefined) {
      return { text: `keeps rows of ${this.#table.size} keys`, watermark: this.#watermark }
    }
    const entry = this.#table.find(key)
    const [left, right] = entry === undefined ? [[], []] : this.#liveTimes(entry)
    if (left.length + right.length === 0) return { text: 'keeps no row of this key', watermark: this.#watermark }
    const ends = [...left.map(time => time + this.#reach[0]), ...right.map(time => time + this.#reach[1])]
    return {
      text: `keeps ${left.length} left and ${right.length} right rows of this key; the first leaves when the watermark reaches ${Math.min(...ends)}`,
      watermark: this.#watermark,
      waitsFor: Math.min(...ends),
      held: { left, right },
    }
  }

  snapshot(state: StateWriter, scope: SnapshotScope): void {
    this.#writeHead(state)
    this.#table.write(state, scope)
    this.#writtenRows = this.#rows
  }

  sweep(): StateSweep {
    return this.#table.sweep(state => this.#writeHead(state))
  }

  #writeHead(state: StateWriter): void {
    state.uint8(STATE_VERSION).float64(this.#watermark).float64(this.#outputWatermark)
    this.#tracker.write(state)
    state.uint(this.#rows)
  }

  restore(state: StateReader): void {
    state.version(STATE_VERSION, `${this.#context.name}: join state`)
    this.#watermark = state.float64()
    this.#outputWatermark = state.float64()
    this.#tracker.read(state)
    this.#rows = this.#writtenRows = state.uint()
    this.#table.read(state)
  }

  #joinByEventTime(batch: Batch<L | R>, input: JoinInput): void {
    const { times, watermarks, size } = batch
    const isInner = this.#options.kind === 'inner'
    for (let at = 0; at < size; at++) {
      const watermark = watermarks[at]!
      if (watermark > this.#watermark) this.#moveTo(watermark, batch, at)
      const time = times[at]!
      if (time < watermark && isInner) {
        this.#late[input].add(batch, at, watermark, watermark - time, this.#outputWatermark)
      } else {
        if (Number.isNaN(time)) this.#context.fail(missingTime(this.#context.name, input), batch, at)
        this.#join(batch, at, input, time)
      }
    }
    if (batch.watermark > this.#watermark) this.#moveTo(batch.watermark, batch, Math.max(0, size - 1))
  }

  #joinByWallClock(batch: Batch<L | R>, input: JoinInput): void {
    for (let at = 0; at < batch.size; at++) {
      this.#outputWatermark = batch.watermarks[at]!
      this.#join(batch, at, input, this.#now)
    }
    this.#outputWatermark = batch.watermark
  }

  /** Pairs a row with the rows of the other side that match, and keeps it as long as others may come. */
  #join(batch: Batch<L | R>, at: number, input: JoinInput, time: number): void {
    const entry = this.#table.entryAt(batch, at, input)
    if (entry.trimmedAt < this.#watermark) this.#trim(entry, this.#watermark)
    const partnerInput = input === 0 ? 1 : 0
    const keepsPartner = this.#keeps[partnerInput]
    const other = entry.buffers[partnerInput]
    const { times, values } = other
    const last = time + this.#to[input]
    const isLaterWanted = this.#options.resultTime === 'later'
    let partner = other.from(time + this.#from[input])
    const first = partner
    for (; partner < other.end && times[partner]! <= last; partner++) {
      const partnerTime = times[partner]!
      const isOwn = isLaterWanted ? time > partnerTime : time < partnerTime
      this.#pairs.add(batch, at, input, values[partner], isOwn ? time : partnerTime, this.#outputWatermark)
      if (keepsPartner) entry.settle(partnerInput, partner)
    }
    this.#keep(batch, at, input, entry, time, partner > first)
  }

  #keep(batch: Batch<L | R>, at: number, input: JoinInput, entry: RowEntry, time: number, isMatched: boolean): void {
    const value = batch.values[at]!
    const leaves = time + this.#reach[input]
    const buffer = entry.buffers[input]
    if (this.#options.kind === 'inner' || leaves > this.#watermark) {
      const row = this.#rows++
      buffer.add(time, value, isMatched || !this.#keeps[input] ? ~row : row)
      if (this.#keeps[input]) this.#waiting.add(leaves, entry.waits[input])
      else this.#sweeps.schedule(entry, leaves)
      return
    }
    // No partner can come any more.
    if (!isMatched && this.#keeps[input]) this.#pairs.addAlone(batch, at, input, value, time, this.#outputWatermark)
    else if (!isMatched && time < this.#watermark) {
      this.#late[input].add(batch, at, this.#watermark, this.#watermark - time, this.#outputWatermark)
    }
    if (entry.isEmpty) this.#table.remove(entry)
  }

  #moveTo(watermark: number, batch: Batch<L | R>, at: number): void {
    if (watermark >= this.#waiting.nextTime || watermark >= this.#sweeps.nextTime) this.#advance(watermark, batch, at)
    else this.#watermark = watermark
    this.#outputWatermark = watermark - this.#holdBack
  }

  /** Lets the rows go that can find no partner behind `watermark`; what comes out of it goes before the watermark. */
  #advance(watermark: number, batch: Batch<L | R>, at: number): void {
    while (this.#waiting.nextTime <= watermark && this.#waiting.size > 0) {
      const { entry, input } = this.#waiting.take()
      const buffer = entry.buffers[input]
      const { first } = buffer
      const time = buffer.times[first]!
      const value = buffer.values[first]
      const isUnmatched = buffer.marks[first]! >= 0
      buffer.dropBefore(first + 1)
      if (isUnmatched) this.#pairs.addAlone(batch, at, input, value, time, this.#outputWatermark)
      if (entry.isEmpty) this.#table.forget(entry)
    }
    if (watermark > this.#watermark) this.#watermark = watermark
    for (let entry = this.#sweeps.takeDue(watermark); entry !== undefined; entry = this.#sweeps.takeDue(watermark)) {
      if (entry.trimmedAt < watermark) this.#trim(entry, this.#watermark)
      if (this.#sweeps.isDone(entry, watermark)) this.#table.forget(entry)
      else this.#sweepAgain(entry)
    }
  }

  #sweepAgain(entry: RowEntry): void {
    for (const input of INPUTS) {
      const { size, times, first } = entry.buffers[input]
      if (!this.#keeps[input] && size > 0) this.#sweeps.schedule(entry, times[first]! + this.#reach[input])
    }
  }

  /** Drops the rows that came before the watermark moved and that it has passed; rows of sides that are kept leave by their timers. */
  #trim(entry: RowEntry, watermark: number): void {
    const [keepsLeft, keepsRight] = this.#keeps
    if (!keepsLeft) entry.buffers[0].dropThrough(watermark - this.#reach[0])
    if (!keepsRight) entry.buffers[1].dropThrough(watermark - this.#reach[1])
    entry.trimmedAt = watermark
  }

  #liveTimes(entry: RowEntry): readonly [number[], number[]] {
    if (entry.trimmedAt < this.#watermark) this.#trim(entry, this.#watermark)
    const [left, right] = entry.buffers
    return [left.liveTimes(), right.liveTimes()]
  }

  #push(idle: boolean): void {
    for (const late of this.#late) late.push(this.#outputWatermark, idle)
    this.#pairs.push(this.#outputWatermark, idle)
  }

  /** After a restore: what has left since the entry was written, and timers, follow from the watermark. */
  restored(): void {
    const rows: { readonly row: number; readonly leaves: number; readonly wait: WaitingRow }[] = []
    for (const entry of [...this.#table.entries()]) {
      for (const input of INPUTS) {
        const buffer = entry.buffers[input]
        if (!this.#keeps[input]) continue
        buffer.dropThrough(this.#watermark - this.#reach[input])
        for (let at = buffer.first; at < buffer.end; at++) {
          rows.push({
            row: rowNumber(buffer.marks[at]!),
            leaves: buffer.times[at]! + this.#reach[input],
            wait: entry.waits[input],
          })
        }
      }
      this.#sweepAgain(entry)
      if (entry.isEmpty) this.#table.forget(entry)
    }
    for (const { leaves, wait } of rows.sort((a, b) => a.row - b.row)) {
      this.#waiting.add(leaves, wait)
    }
  }
}

const INPUTS = [0, 1] as const
/** Where an error is that no record caused. */
const NO_RECORD = watermarkBatch<never>(Number.NEGATIVE_INFINITY)
/** First byte of the state; raised when its layout changes. */
const STATE_VERSION = 1

/** `+5 s`, `-1 min`. */
function signed(ms: number): string {
  return `${ms < 0 ? '-' : '+'}${formatDuration(Math.abs(ms))}`
}
