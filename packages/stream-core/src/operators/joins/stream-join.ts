import type { Batch } from '../../batch/batch.ts'
import type { StateReader } from '../../state/state-reader.ts'
import type { StateWriter } from '../../state/state-writer.ts'
import { formatDuration } from '../../time/duration.ts'
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
import { type Combine, type JoinInput, type JoinKind, keepsUnmatched } from './join-kind.ts'
import { KeyTable } from './key-table.ts'
import { LATE_SIDES, LateSide } from './late-side.ts'
import { missingTime } from './missing-time.ts'
import { RowEntry, rowNumber, type WaitingRow } from './row-entry.ts'
import { RowPairs } from './row-pairs.ts'
import { SweepQueue } from './sweep-queue.ts'

export interface StreamJoinOptions<L, R, O> {
  readonly keys: readonly [KeySelector<L>, KeySelector<R>]
  readonly kind: JoinKind
  /** A pair matches when left time - before <= right time <= left time + after. */
  readonly beforeMs: number
  readonly afterMs: number
  /** How long after the end of its window a row still waits for a partner that comes out of order. */
  readonly graceMs: number
  /** How long behind stream time rows are kept to be matched; at least before + after + grace. */
  readonly retentionMs: number
  readonly combine: Combine<L, R, O>
}

/**
 * Joins the rows of two inputs that have one key and times within a window, with the rules of Kafka Streams' KStreamKStreamJoin since KIP-633:
 *
 * - Time is stream time, the highest event time that either input has shown; watermarks are passed on and decide nothing, but for the end of the input.
 * - A pair comes out when its second row arrives, however late, as long as the first one is kept.
 * - A row of a side that comes out unmatched waits for its partner until its window and the grace are over: stream time > time + after + grace for a left
 *   one, + before + grace for a right one. Then it comes out with null, before what the row that moved stream time brings about. So within the grace there
 *   is no null that a match follows (KAFKA-10847); behind it there may be.
 * - A row that comes when its window and the grace are over comes out with null at once, unless it has a partner.
 */
export function streamJoin<L, R, O>(options: StreamJoinOptions<L, R, O>): OperatorSpec<L | R, O> {
  const { kind, keys, beforeMs, afterMs, graceMs } = options
  return {
    kind: 'streamJoin',
    stateful: true,
    needsEventTime: true,
    keys,
    sideOutputs: LATE_SIDES,
    detail: `${kind}; ${formatDuration(beforeMs)} before to ${formatDuration(afterMs)} after; grace ${formatDuration(graceMs)}; stream time`,
    start: context => new StreamJoinOperator<L, R, O>(options, context),
  }
}

class StreamJoinOperator<L, R, O> implements Operator<L | R> {
  readonly #options: StreamJoinOptions<L, R, O>
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
  /** How far the watermark that goes on is behind the one that comes: rows with null are as old as that. */
  readonly #holdBack: number
  /** By input: rows that wait for a partner, in order of time, and those that have found one since. */
  readonly #waiting = [new TimerQueue<WaitingRow>(), new TimerQueue<WaitingRow>()] as const
  readonly #sweeps: SweepQueue<RowEntry>
  /** Rows that were kept so far, and how many of them the last snapshot knew. */
  #rows = 0
  #writtenRows = 0
  #streamTime = Number.NEGATIVE_INFINITY
  #outputWatermark = Number.NEGATIVE_INFINITY

  constructor(options: StreamJoinOptions<L, R, O>, context: OperatorContext<O>) {
    const { kind, beforeMs, afterMs, graceMs, retentionMs } = options
    this.#options = options
    this.#context = context
    this.#pairs = new RowPairs(options.combine, context)
    this.#keeps = [keepsUnmatched(kind, 0), keepsUnmatched(kind, 1)]
    this.#from = [-beforeMs, -afterMs]
    this.#to = [afterMs, beforeMs]
    this.#holdBack = kind === 'inner' ? 0 : Math.max(beforeMs, afterMs) + graceMs
    this.#sweeps = new SweepQueue(retentionMs / 2)
    this.#late = [new LateSide(context, 0), new LateSide(context, 1)]
    this.#table = new KeyTable<RowEntry>(options.keys, context, {
      make: key => new RowEntry(key),
      addsToEntries: true,
      write: (entry, state, scope) => {
        this.#trim(entry)
        entry.write(state, scope === 'all' ? 0 : this.#writtenRows)
      },
      written: entry => entry.written(),
      read: (entry, state) => entry.read(state, () => {}),
    })
  }

  onBatch(batch: Batch<L | R>, input: number): void {
    this.#tracker.align(batch, input)
    for (let at = 0; at < batch.size; at++) {
      this.#outputWatermark = batch.watermarks[at]! - this.#holdBack
      this.#join(batch, at, input as JoinInput)
    }
    if (batch.watermark === Number.POSITIVE_INFINITY) this.#advance(batch.watermark, batch, Math.max(0, batch.size - 1))
    this.#outputWatermark = batch.watermark - this.#holdBack
    for (const late of this.#late) late.push(this.#outputWatermark, batch.idle)
    this.#pairs.push(this.#outputWatermark, batch.idle)
  }

  inspect({ key }: Inspection): InspectionAnswer | undefined {
    const entry = key === undefined ? undefined : this.#table.find(key)
    if (entry === undefined)
      return { text: `keeps rows of ${this.#table.size} keys; stream time is ${this.#streamTime}` }
    this.#trim(entry)
    const [left, right] = [entry.buffers[0].liveTimes(), entry.buffers[1].liveTimes()]
    return {
      text: `keeps ${left.length} left and ${right.length} right rows of this key; stream time is ${this.#streamTime}`,
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
    state.uint8(STATE_VERSION).float64(this.#streamTime).float64(this.#outputWatermark)
    this.#tracker.write(state)
    state.uint(this.#rows)
  }

  restore(state: StateReader): void {
    state.version(STATE_VERSION, `${this.#context.name}: join state`)
    this.#streamTime = state.float64()
    this.#outputWatermark = state.float64()
    this.#tracker.read(state)
    this.#rows = this.#writtenRows = state.uint()
    this.#table.read(state)
  }

  #join(batch: Batch<L | R>, at: number, input: JoinInput): void {
    const time = batch.times[at]!
    if (Number.isNaN(time)) this.#context.fail(missingTime(this.#context.name, input), batch, at)
    if (time > this.#streamTime) this.#advance(time, batch, at)
    const entry = this.#table.entryAt(batch, at, input)
    this.#trim(entry)
    const partnerInput = input === 0 ? 1 : 0
    const keepsPartner = this.#keeps[partnerInput]
    const other = entry.buffers[partnerInput]
    const { times, values } = other
    const last = time + this.#to[input]
    const first = other.from(time + this.#from[input])
    let partner = first
    for (; partner < other.end && times[partner]! <= last; partner++) {
      this.#pairs.add(batch, at, input, values[partner], Math.max(time, times[partner]!), this.#outputWatermark)
      if (keepsPartner) entry.settle(partnerInput, partner)
    }
    this.#keep(batch, at, input, entry, partner > first)
  }

  #keep(batch: Batch<L | R>, at: number, input: JoinInput, entry: RowEntry, isMatched: boolean): void {
    const time = batch.times[at]!
    const value = batch.values[at]!
    const isOver = this.#closesAt(input, time) < this.#streamTime
    if (isOver && this.#keeps[input] && !isMatched)
      this.#pairs.addAlone(batch, at, input, value, time, this.#outputWatermark)
    if (time >= this.#streamTime - this.#options.retentionMs) {
      const row = this.#rows++
      entry.buffers[input].add(time, value, isMatched || isOver || !this.#keeps[input] ? ~row : row)
      if (this.#keeps[input] && !isOver) this.#waiting[input].add(time, entry.waits[input])
      this.#sweeps.schedule(entry, time + this.#options.retentionMs)
      return
    }
    if (!isMatched && !this.#keeps[input]) {
      const oldest = this.#streamTime - this.#options.retentionMs
      this.#late[input].add(batch, at, batch.watermarks[at]!, oldest - time, this.#outputWatermark)
    }
    if (entry.isEmpty) this.#table.remove(entry)
  }

  /** The last stream time at which a partner of the row is still in time. */
  #closesAt(input: JoinInput, time: number): number {
    return time + this.#to[input] + this.#options.graceMs
  }

  /** Stream time moves: rows whose window and grace are over come out, in order of time, right before left. */
  #advance(time: number, batch: Batch<L | R>, at: number): void {
    this.#streamTime = time
    for (let input = this.#firstOver(); input !== undefined; input = this.#firstOver()) {
      const queue = this.#waiting[input]
      const rowTime = queue.nextTime
      const { entry } = queue.take()
      const buffer = entry.buffers[input]
      const { marks, times, values } = buffer
      for (let row = buffer.from(rowTime); row < buffer.end && times[row] === rowTime; row++) {
        if (marks[row]! < 0) continue
        entry.settle(input, row)
        this.#table.touch(entry)
        this.#pairs.addAlone(batch, at, input, values[row], rowTime, this.#outputWatermark)
        break
      }
    }
    for (let entry = this.#sweeps.takeDue(time); entry !== undefined; entry = this.#sweeps.takeDue(time)) {
      this.#trim(entry)
      if (this.#sweeps.isDone(entry, time)) this.#table.forget(entry)
      else this.#sweepAgain(entry)
    }
  }

  /** The input whose first waiting row comes out next; undefined when none does yet. */
  #firstOver(): JoinInput | undefined {
    const [left, right] = this.#waiting
    const isLeft = left.size > 0 && this.#closesAt(0, left.nextTime) < this.#streamTime
    const isRight = right.size > 0 && this.#closesAt(1, right.nextTime) < this.#streamTime
    if (isLeft && isRight) return right.nextTime <= left.nextTime ? 1 : 0
    return isLeft ? 0 : isRight ? 1 : undefined
  }

  /** Drops what is kept no longer. */
  #trim(entry: RowEntry): void {
    const oldest = this.#streamTime - this.#options.retentionMs
    for (const buffer of entry.buffers) {
      const first = buffer.from(oldest)
      if (first > buffer.first) buffer.dropBefore(first)
    }
  }

  #sweepAgain(entry: RowEntry): void {
    for (const { size, times, first } of entry.buffers) {
      if (size > 0) this.#sweeps.schedule(entry, times[first]! + this.#options.retentionMs)
    }
  }

  /** After a restore: what has gone since the entry was written, and who waits, follow from stream time. */
  restored(): void {
    const rows: { readonly row: number; readonly time: number; readonly wait: WaitingRow }[] = []
    for (const entry of [...this.#table.entries()]) {
      this.#trim(entry)
      for (const wait of entry.waits) {
        if (!this.#keeps[wait.input]) continue
        const { marks, times, first, end } = entry.buffers[wait.input]
        for (let at = first; at < end; at++) {
          const row = rowNumber(marks[at]!)
          if (this.#closesAt(wait.input, times[at]!) >= this.#streamTime) rows.push({ row, time: times[at]!, wait })
        }
      }
      this.#sweepAgain(entry)
      if (entry.isEmpty) this.#table.forget(entry)
    }
    for (const { time, wait } of rows.sort((a, b) => a.row - b.row)) this.#waiting[wait.input].add(time, wait)
  }
}

/** First byte of the state; raised when its layout changes. */
const STATE_VERSION = 1
