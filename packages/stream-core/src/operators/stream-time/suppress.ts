import type { Batch } from '../../batch/batch.ts'
import { BatchBuilder } from '../../batch/batch-builder.ts'
import { StreamError } from '../../errors.ts'
import { checkKey, encodeKey, type Key } from '../../state/key.ts'
import type { StateReader } from '../../state/state-reader.ts'
import type { StateWriter } from '../../state/state-writer.ts'
import { MovingTimers } from '../../time/moving-timers.ts'
import { OrderedQueue } from '../../time/ordered-queue.ts'
import { StreamTime } from '../../time/stream-time.ts'
import { entrySweep } from '../entry-sweep.ts'
import type { KeySelector, Operator, OperatorContext, OperatorSpec, SnapshotScope, StateSweep } from '../operator.ts'

export interface SuppressOptions<T> {
  readonly key: KeySelector<T>
  /** Which row of the key the update is of, where a key has several. */
  readonly rowOf?: (value: T) => string
  /** Time that the row's place in the buffer is by: its rows are emitted in this order, and then by key. */
  readonly bufferTime: (value: T, time: number) => number
  /** Ms by which stream time is at or above the buffer time when the row is emitted. */
  readonly delayMs: number
  /** True for updates that, when their time comes, need not be emitted. */
  readonly isDropped?: (value: T) => boolean
  readonly maxRecords: number
  readonly onFull: 'emitEarly' | 'fail'
  /** For explain(). */
  readonly detail: string
}

/**
 * Holds back the updates of a table's rows, as Kafka Streams' KTableSuppressProcessor does: of each row the newest waits, at the place in the buffer
 * that its first one took, and comes out with its own time. What is held back is part of checkpoints, so it must be plain data. The watermark is held
 * back with it. At the end of the input everything comes out.
 */
export function suppress<T>(options: SuppressOptions<T>): OperatorSpec<T, T> {
  return {
    kind: 'suppress',
    stateful: true,
    needsEventTime: true,
    key: options.key,
    detail: options.detail,
    start: context => new SuppressOperator(options, context),
  }
}

interface Row<T> {
  /** Encoded key, and the row's name where a key has several. */
  readonly id: string
  readonly bufferTime: number
  value: T
  time: number
  /** Lowest time of its updates, below which the watermark is held. */
  lowestTime: number
  isGone: boolean
  isChanged: boolean
}

class SuppressOperator<T> implements Operator<T> {
  readonly #options: SuppressOptions<T>
  readonly #context: OperatorContext<T>
  readonly #streamTime: StreamTime
  readonly #rows = new Map<string, Row<T>>()
  readonly #queue = new OrderedQueue<Row<T>>(isBefore)
  readonly #held = new MovingTimers<Row<T>>(row => (row.isGone ? Number.POSITIVE_INFINITY : row.lowestTime))
  readonly #results = new BatchBuilder<T>()
  #changed: Row<T>[] = []
  #watermark = Number.NEGATIVE_INFINITY
  #outputWatermark = Number.NEGATIVE_INFINITY

  constructor(options: SuppressOptions<T>, context: OperatorContext<T>) {
    this.#options = options
    this.#context = context
    this.#streamTime = new StreamTime(context.origins)
  }

  onBatch(batch: Batch<T>): void {
    const { watermarks, size } = batch
    this.#streamTime.from(batch.origin)
    for (let i = 0; i < size; i++) {
      this.#follow(watermarks[i]!)
      this.#streamTime.observe(Math.floor(batch.times[i]!))
      this.#put(batch, i)
      this.#release()
      this.#checkCapacity()
    }
    this.#follow(batch.watermark)
    this.#context.output.push(this.#results.take(this.#outputWatermark, batch.idle, batch.origin))
  }

  snapshot(state: StateWriter, scope: SnapshotScope): void {
    this.#write(state, scope, scope === 'all' ? [...this.#rows.values()] : this.#changed)
    for (const row of this.#changed) row.isChanged = false
    this.#changed = []
  }

  sweep(): StateSweep {
    return entrySweep(this.#rows.values(), (state, rows) => this.#write(state, 'changes', rows))
  }

  #write(state: StateWriter, scope: SnapshotScope, rows: readonly Row<T>[]): void {
    state.uint8(STATE_VERSION).uint8(scope === 'all' ? 1 : 0)
    state.float64(this.#watermark).float64(this.#outputWatermark)
    this.#streamTime.write(state)
    state.uint(rows.length)
    for (const row of rows) {
      state.text(row.id).uint8(row.isGone ? 1 : 0)
      if (row.isGone) continue
      state.float64(row.bufferTime).float64(row.time).float64(row.lowestTime).value(row.value)
    }
  }

  restore(state: StateReader): void {
    state.version(STATE_VERSION, `${this.#context.name}: suppress state`)
    if (state.uint8() === 1) this.#rows.clear()
    this.#watermark = state.float64()
    this.#outputWatermark = state.float64()
    this.#streamTime.read(state)
    for (let left = state.uint(); left > 0; left--) {
      const id = state.text()
      if (state.uint8() === 1) {
        this.#rows.delete(id)
        continue
      }
      const [bufferTime, time, lowestTime] = [state.float64(), state.float64(), state.float64()]
      const value = state.value() as T
      this.#rows.set(id, { id, bufferTime, time, lowestTime, value, isGone: false, isChanged: false })
    }
  }

  restored(): void {
    for (const row of this.#rows.values()) {
      this.#queue.add(row)
      this.#held.add(row)
    }
  }

  /** Keeps an update as the newest of its row. */
  #put(batch: Batch<T>, at: number): void {
    const value = batch.values[at]!
    const time = batch.times[at]!
    try {
      const key = this.#options.key.of(value)
      checkKey(key)
      const keyText = encodeKey(key)
      const id = this.#options.rowOf === undefined ? keyText : `${keyText} ${this.#options.rowOf(value)}`
      const row = this.#rows.get(id)
      if (row === undefined) {
        this.#add(key, id, value, time)
        return
      }
      row.value = value
      row.time = time
      if (time < row.lowestTime) {
        row.lowestTime = time
        this.#held.lower(row)
      }
      this.#touch(row)
    } catch (cause) {
      this.#context.fail(cause, batch, at)
    }
  }

  #add(key: Key, id: string, value: T, time: number): void {
    this.#context.checkOwner(key)
    const row: Row<T> = {
      id,
      bufferTime: this.#options.bufferTime(value, time),
      value,
      time,
      lowestTime: time,
      isGone: false,
      isChanged: false,
    }
    this.#rows.set(id, row)
    this.#queue.add(row)
    this.#held.add(row)
    this.#touch(row)
  }

  /** Emits what stream time has reached. */
  #release(): void {
    const limit = this.#streamTime.now - this.#options.delayMs
    for (let row = this.#queue.first; row !== undefined && this.#isDue(row, limit); row = this.#queue.first)
      this.#emit()
  }

  #isDue({ bufferTime }: Row<T>, limit: number): boolean {
    return bufferTime <= limit || this.#streamTime.now === Number.POSITIVE_INFINITY
  }

  #checkCapacity(): void {
    const { maxRecords, onFull } = this.#options
    while (this.#rows.size > maxRecords) {
      if (onFull === 'fail') throw this.#full()
      this.#emit()
    }
  }

  /** Emits the first row of the buffer. */
  #emit(): void {
    const row = this.#queue.take()!
    row.isGone = true
    this.#rows.delete(row.id)
    this.#touch(row)
    if (this.#options.isDropped?.(row.value) === true) return
    this.#results.add(row.value, row.time, this.#outputWatermark, Number.NaN)
  }

  #follow(watermark: number): void {
    if (watermark > this.#watermark) {
      this.#streamTime.follow(watermark)
      this.#release()
      this.#watermark = watermark
    }
    const passed = Math.min(this.#watermark, this.#held.next - 1)
    if (passed > this.#outputWatermark) this.#outputWatermark = passed
  }

  #touch(row: Row<T>): void {
    if (row.isChanged) return
    row.isChanged = true
    this.#changed.push(row)
  }

  #full(): StreamError {
    const { name } = this.#context
    const { maxRecords } = this.#options
    return new StreamError(
      'BUFFER_FULL',
      `"${name}" holds back more than its ${maxRecords} rows. Raise maxRecords, shorten what it waits for, or let it emit early.`,
      { place: { operator: name } },
    )
  }
}

function isBefore(a: Row<unknown>, b: Row<unknown>): boolean {
  return a.bufferTime < b.bufferTime || (a.bufferTime === b.bufferTime && a.id < b.id)
}

/** First byte of the state; raised when its layout changes. */
const STATE_VERSION = 1
