import type { Aggregate } from '../../aggregates/aggregate.ts'
import type { Batch } from '../../batch/batch.ts'
import { BatchBuilder } from '../../batch/batch-builder.ts'
import { StreamError } from '../../errors.ts'
import { encodeKey, type Key } from '../../state/key.ts'
import type { StateReader } from '../../state/state-reader.ts'
import type { StateWriter } from '../../state/state-writer.ts'
import { formatDuration } from '../../time/duration.ts'
import { MovingTimers } from '../../time/moving-timers.ts'
import { StreamTime } from '../../time/stream-time.ts'
import type { Late } from '../../windows/window-result.ts'
import type { WindowUpdate } from '../../windows/window-update.ts'
import { entrySweep, sweepsInTurn } from '../entry-sweep.ts'
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
import { describeEmit, type EmitStrategy } from './emit-strategy.ts'
import type { KeptKey, KeptWindow } from './kept-window.ts'
import { UpdateEmitter } from './update-emitter.ts'
import { WindowKeeper } from './window-keeper.ts'

/** Name of the side output of records that came too late for one of their windows. */
export const EXPIRED_OUTPUT = 'late'

/** What differs between the kinds of windows that stream time closes. */
export interface Placement {
  readonly kind: string
  /** For explain(), e.g. `5 min before and behind each record`. */
  readonly name: string
  readonly endInclusive: boolean
  /** Ms by which stream time passes the last time of a window before it is closed. */
  readonly closeDelayMs: number
  /** Ms of stream time for which a closed window is still kept for what later windows take from it. */
  readonly keepClosedMs: number
  /** The bound of a window that its results' times are never before. */
  readonly heldBy: 'start' | 'end'
  /**
   * Adds the record at hand to the windows of its key. Windows whose last time is below `closeTime` are closed to it. Returns by how many ms it was
   * too late for the first of its windows, at least 0, or -1 where it was for none.
   */
  place(key: KeptKey, time: number, closeTime: number, windows: WindowChanges): number
}

/** What a placement does with windows, for the record at hand. */
export interface WindowChanges {
  create(key: KeptKey, start: number, end: number): KeptWindow
  copy(window: KeptWindow, start: number, end: number): KeptWindow
  /** Adds the record and says that the window was updated. */
  add(window: KeptWindow): void
  /** Says that the window was updated, without the record. */
  update(window: KeptWindow): void
  /** Makes one window of several of a key, in their order, with new bounds; the record is still to be added. */
  merge(windows: readonly KeptWindow[], start: number, end: number): KeptWindow
}

export interface StreamTimeOptions<T> {
  readonly key: KeySelector<T>
  readonly emit: EmitStrategy
}

/** The operator of a placement: everything that the windows of Kafka Streams have in common. */
export function streamTimeOperator<K extends Key, T, R>(
  aggregate: Aggregate<T, R>,
  placement: Placement,
  options: StreamTimeOptions<T>,
): OperatorSpec<T, WindowUpdate<K, R>> {
  const { key, emit } = options
  return {
    kind: placement.kind,
    stateful: true,
    needsEventTime: true,
    key,
    sideOutputs: [EXPIRED_OUTPUT],
    detail: [placement.name, aggregate.kind, describeEmit(emit)].join('; '),
    start: context => new StreamTimeOperator<K, T, R>(aggregate, placement, options, context),
  }
}

class StreamTimeOperator<K extends Key, T, R> implements Operator<T>, WindowChanges {
  readonly #keyOf: (value: T) => Key
  readonly #placement: Placement
  readonly #context: OperatorContext<WindowUpdate<K, R>>
  readonly #keeper: WindowKeeper<T, R>
  readonly #emitter: UpdateEmitter<K, R>
  readonly #streamTime: StreamTime
  /** Windows by when they close, and then by when they are forgotten. */
  readonly #timers: MovingTimers<KeptWindow>
  readonly #late = new BatchBuilder<Late<T>>()
  #watermark = Number.NEGATIVE_INFINITY
  // The record at hand.
  #batch: Batch<T> | undefined
  #at = 0
  #time = 0

  constructor(
    aggregate: Aggregate<T, R>,
    placement: Placement,
    options: StreamTimeOptions<T>,
    context: OperatorContext<WindowUpdate<K, R>>,
  ) {
    this.#keyOf = options.key.of
    this.#placement = placement
    this.#context = context
    this.#keeper = new WindowKeeper(aggregate, context)
    this.#emitter = new UpdateEmitter(options.emit, placement, this.#keeper)
    this.#streamTime = new StreamTime(context.origins)
    this.#timers = new MovingTimers(window => this.#nextTimeOf(window))
  }

  onBatch(batch: Batch<T>): void {
    const { watermarks, size } = batch
    this.#streamTime.from(batch.origin)
    this.#batch = batch
    for (let i = 0; i < size; i++) {
      this.#follow(watermarks[i]!)
      this.#take(batch, i)
    }
    this.#batch = undefined
    this.#follow(batch.watermark)
    this.#context.side(EXPIRED_OUTPUT)?.push(this.#late.take(this.#watermark, batch.idle, batch.origin))
    this.#context.output.push(this.#emitter.take(batch))
  }

  inspect(question: Inspection): InspectionAnswer | undefined {
    const { key, windowStart } = question
    if (key === undefined || windowStart === undefined) return undefined
    const text = encodeKey(key)
    for (const window of this.#keeper.windows()) {
      if (window.owner.text !== text || window.start !== windowStart) continue
      const waitsFor = this.#lastTimeOf(window) + this.#placement.closeDelayMs + 1
      return {
        text: `the window from ${window.start} to ${window.end} closes when stream time reaches ${waitsFor}; it is ${this.#streamTime.now}.`,
        watermark: this.#watermark,
        waitsFor,
      }
    }
    return undefined
  }

  snapshot(state: StateWriter, scope: SnapshotScope): void {
    this.#writeHead(state)
    this.#keeper.write(state, scope)
    this.#emitter.write(state, scope)
  }

  sweep(): StateSweep {
    return sweepsInTurn(
      entrySweep(this.#emitter.gone(), (state, gone) => {
        this.#writeHead(state)
        this.#keeper.writeStored(state, [])
        this.#emitter.writeStored(state, gone)
      }),
      entrySweep(this.#keeper.ofKeys(), (state, windows) => {
        this.#writeHead(state)
        this.#keeper.writeStored(state, windows.flat())
        this.#emitter.writeStored(state, [])
      }),
    )
  }

  restore(state: StateReader): void {
    state.version(STATE_VERSION, `${this.#context.name}: state of stream-time windows`)
    this.#watermark = state.float64()
    this.#streamTime.read(state)
    this.#keeper.read(state)
    this.#emitter.read(state)
  }

  restored(): void {
    const closeTime = this.#closeTime()
    for (const window of this.#keeper.windows()) {
      window.isClosed = this.#lastTimeOf(window) < closeTime
      this.#timers.add(window)
    }
    this.#emitter.restored()
  }

  #writeHead(state: StateWriter): void {
    state.uint8(STATE_VERSION).float64(this.#watermark)
    this.#streamTime.write(state)
  }

  create(key: KeptKey, start: number, end: number): KeptWindow {
    const window = this.#keeper.create(key, start, end)
    this.#timers.add(window)
    return window
  }

  copy(window: KeptWindow, start: number, end: number): KeptWindow {
    const copy = this.#keeper.copy(window, start, end)
    this.#timers.add(copy)
    return copy
  }

  add(window: KeptWindow): void {
    this.#keeper.add(window, this.#batch!, this.#at, this.#time)
    this.#emitter.updated(window, this.#batch!.offsets[this.#at]!)
  }

  update(window: KeptWindow): void {
    this.#emitter.updated(window, this.#batch!.offsets[this.#at]!)
  }

  merge(windows: readonly KeptWindow[], start: number, end: number): KeptWindow {
    const [first, ...others] = windows as [KeptWindow, ...KeptWindow[]]
    for (const window of windows) this.#emitter.superseded(window, start, end, this.#batch!.offsets[this.#at]!)
    for (const other of others) this.#keeper.absorb(first, other)
    this.#keeper.move(first, start, end)
    first.isClosed = false
    this.#timers.add(first)
    return first
  }

  #take(batch: Batch<T>, at: number): void {
    const time = Math.floor(batch.times[at]!)
    if (time < 0) this.#context.fail(beforeEpoch(this.#context.name, time), batch, at)
    this.#at = at
    this.#time = time
    const before = this.#streamTime.now
    this.#streamTime.observe(time)
    try {
      const key = this.#keeper.of(this.#keyOf(batch.values[at]!))
      const lateByMs = this.#placement.place(key, time, this.#closeTime(), this)
      if (lateByMs >= 0) this.#addLate(batch, at, lateByMs)
      this.#keeper.release(key)
    } catch (cause) {
      this.#context.fail(cause, batch, at)
    }
    this.#move(before)
  }

  #addLate(batch: Batch<T>, at: number, lateByMs: number): void {
    this.#context.metrics.lateRecords++
    if (this.#context.side(EXPIRED_OUTPUT) === undefined) return
    const time = batch.times[at]!
    const late: Late<T> = {
      value: batch.values[at]!,
      time,
      watermark: this.#streamTime.now,
      lateByMs,
      reason: 'graceOver',
    }
    this.#late.add(late, time, this.#watermark, batch.offsets[at]!)
  }

  /** Takes over the watermark in effect: what it closes comes out before it. */
  #follow(watermark: number): void {
    if (watermark > this.#watermark) {
      const before = this.#streamTime.now
      this.#streamTime.follow(watermark)
      this.#move(before)
      this.#watermark = watermark
    }
    this.#emitter.settle(this.#watermark)
  }

  /** Closes, emits and forgets what stream time has passed since it was at `before`. */
  #move(before: number): void {
    const now = this.#streamTime.now
    if (now <= before) return
    this.#passTimers()
    const emitted = this.#emitter.moved(before, now)
    if (emitted.length === 0) return
    // Closed ones among them may be forgotten from here on.
    for (const window of emitted) this.#timers.add(window)
    this.#passTimers()
  }

  #passTimers(): void {
    const closeTime = this.#closeTime()
    const closed: KeptWindow[] = []
    const forgotten: KeptWindow[] = []
    while (this.#timers.next < closeTime) {
      const window = this.#timers.take()
      if (!window.isClosed) {
        window.isClosed = true
        closed.push(window)
      }
      // One whose update waits to be emitted is kept until then.
      if (window.waiting > 0) continue
      if (this.#nextTimeOf(window) < closeTime) forgotten.push(window)
      else this.#timers.add(window)
    }
    this.#emitter.closed(closed)
    for (const window of forgotten) this.#keeper.remove(window)
  }

  #closeTime(): number {
    return this.#streamTime.now - this.#placement.closeDelayMs
  }

  #lastTimeOf(window: KeptWindow): number {
    return this.#placement.endInclusive ? window.end : window.end - 1
  }

  #nextTimeOf(window: KeptWindow): number {
    if (window.isRemoved) return Number.POSITIVE_INFINITY
    return this.#lastTimeOf(window) + (window.isClosed ? this.#placement.keepClosedMs : 0)
  }
}

function beforeEpoch(name: string, time: number): StreamError {
  return new StreamError(
    'EVENT_TIME_INVALID',
    `"${name}" follows Kafka Streams, whose times begin at 1970; got ${time}. Turn such records away before, or use tumblingWindow(), slidingWindow() or sessionWindow().`,
  )
}

/** `grace 5 s`, for explain(). */
export function describeGrace(graceMs: number): string {
  return `grace ${formatDuration(graceMs)}`
}

/** First byte of the state; raised when its layout changes. */
const STATE_VERSION = 1
