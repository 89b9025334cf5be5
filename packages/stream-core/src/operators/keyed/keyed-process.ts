import type { Batch } from '../../batch/batch.ts'
import { BatchBuilder } from '../../batch/batch-builder.ts'
import { StreamError } from '../../errors.ts'
import { checkKey, decodeKey, encodeKey, type Key, ownKey } from '../../state/key.ts'
import type { StateDeclarations, StateHandles } from '../../state/keyed-state.ts'
import type { StateReader } from '../../state/state-reader.ts'
import type { StateWriter } from '../../state/state-writer.ts'
import { TimerQueue } from '../../time/timer-queue.ts'
import type { KeySelector, Operator, OperatorContext, OperatorSpec, SnapshotScope } from '../operator.ts'

/** User code with state and timers for each key. Functions are synchronous; what they `emit` comes out in order. */
export interface KeyedProcess<K extends Key, T, R, D extends StateDeclarations = StateDeclarations> {
  /** The state of a key, by name; names are part of checkpoints. */
  readonly state?: D
  onRecord(value: T, context: KeyedProcessContext<K, R, D>): void
  /**
   * Called when the watermark reaches `time`, before any later record; in order of time. The end of the input is the watermark +Infinity, which
   * reaches every timer: one that always sets the next stops when `context.watermark` is +Infinity.
   */
  onTimer?(time: number, context: KeyedProcessContext<K, R, D>): void
}

/** Valid during one call only. */
export interface KeyedProcessContext<K extends Key, R, D extends StateDeclarations> {
  readonly key: K
  /** Event time of the record, or the time of the timer, epoch ms; NaN without event time. */
  readonly time: number
  /** The watermark in effect, epoch ms; -Infinity before any. In a timer's call, the one that released it. */
  readonly watermark: number
  readonly state: StateHandles<D>
  /** Emits with the time of the record or timer. */
  emit(value: R): void
  /** Registers an event-time timer for this key; the same time twice is one timer. One at or behind the watermark fires at once after this call. */
  setTimer(time: number): void
  deleteTimer(time: number): void
}

/** Records behind the watermark are not dropped here: lateness belongs to windows. */
export function keyedProcess<K extends Key, T, R, D extends StateDeclarations>(
  process: KeyedProcess<K, T, R, D>,
  key: KeySelector<T>,
): OperatorSpec<T, R> {
  return { kind: 'process', stateful: true, key, start: context => new KeyedProcessOperator(process, key, context) }
}

/** What is kept for one key. */
interface Entry {
  readonly key: Key
  /** Encoded key, under which the entry is found. */
  readonly text: string
  /** By declared name. */
  readonly cells: Map<string, unknown>
  /** Time of each timer, and its place in the order of registration of all timers. */
  readonly timers: Map<number, number>
  changed: boolean
}

interface Timer {
  readonly time: number
  readonly order: number
  readonly entry: Entry
}

class KeyedProcessOperator<K extends Key, T, R, D extends StateDeclarations>
  implements Operator<T>, KeyedProcessContext<K, R, D>
{
  readonly #process: KeyedProcess<K, T, R, D>
  readonly #keyOf: (value: T) => Key
  readonly #output: OperatorContext<R>
  readonly #entries = new Map<string, Entry>()
  readonly #timers = new TimerQueue<Timer>()
  #registered = 0
  /** Timers in the queue that were deleted since. */
  #deleted = 0
  readonly #results = new BatchBuilder<R>()
  #changed: Entry[] = []
  #current: Entry | undefined
  #offset = Number.NaN
  /** The watermark that results go before: while timers fire, the one before theirs. */
  #outputWatermark = Number.NEGATIVE_INFINITY
  time = Number.NaN
  watermark = Number.NEGATIVE_INFINITY
  readonly state: StateHandles<D>

  constructor(process: KeyedProcess<K, T, R, D>, key: KeySelector<T>, context: OperatorContext<R>) {
    this.#process = process
    this.#keyOf = key.of
    this.#output = context
    const handles: Record<string, unknown> = {}
    for (const [name, declaration] of Object.entries(process.state ?? {})) {
      handles[name] = declaration.bind({
        get: () => this.#entry().cells.get(name),
        set: value => {
          const entry = this.#entry()
          if (value === undefined) entry.cells.delete(name)
          else entry.cells.set(name, value)
          this.#touch(entry)
        },
      })
    }
    this.state = handles as StateHandles<D>
  }

  get key(): K {
    return this.#entry().key as K
  }

  emit(value: R): void {
    // Later, it would come out with the time of some other record.
    if (this.#current === undefined) throw outsideCall()
    this.#results.add(value, this.time, this.#outputWatermark, this.#offset)
  }

  setTimer(time: number): void {
    if (!Number.isFinite(time))
      throw new StreamError('EVENT_TIME_INVALID', `a timer needs a time in epoch ms; got ${time}.`)
    const entry = this.#entry()
    if (entry.timers.has(time)) return
    const order = this.#registered++
    entry.timers.set(time, order)
    this.#timers.add(time, { time, order, entry })
    this.#touch(entry)
  }

  deleteTimer(time: number): void {
    const entry = this.#entry()
    if (!entry.timers.delete(time)) return
    this.#touch(entry)
    // It stays in the queue and is passed over when its time comes, unless such timers become too many.
    this.#deleted++
    if (this.#deleted > MOST_DELETED && this.#deleted * 2 > this.#timers.size) this.#fillTimers()
  }

  onBatch(batch: Batch<T>): void {
    const { values, times, watermarks, offsets, size } = batch
    for (let i = 0; i < size; i++) {
      const watermark = watermarks[i]!
      if (watermark > this.watermark) this.#advance(watermark, batch, i)
      this.time = times[i]!
      this.#offset = offsets[i]!
      try {
        const entry = this.#entryOf(this.#keyOf(values[i]!))
        this.#current = entry
        this.#process.onRecord(values[i]!, this)
        // A key that keeps nothing leaves nothing behind.
        if (!entry.changed && isEmpty(entry)) this.#entries.delete(entry.text)
      } catch (cause) {
        this.#output.fail(cause, batch, i)
      }
      // A timer that was set at or behind the watermark is due now.
      this.#advance(this.watermark, batch, i)
    }
    this.#advance(batch.watermark, batch, Math.max(0, size - 1))
    this.#current = undefined
    this.#output.output.push(this.#results.take(this.watermark, batch.idle, batch.origin))
  }

  snapshot(state: StateWriter, scope: SnapshotScope): void {
    const changed = scope === 'all' ? [...this.#entries.values()] : this.#changed
    state
      .uint8(STATE_VERSION)
      .uint8(scope === 'all' ? 1 : 0)
      .float64(this.watermark)
      .uint(changed.length)
    for (const entry of changed) {
      state.text(entry.text).uint(entry.cells.size)
      for (const [name, value] of entry.cells) state.text(name).value(value)
      state.uint(entry.timers.size)
      for (const [time, order] of entry.timers) state.float64(time).uint(order)
    }
    for (const entry of this.#changed) {
      entry.changed = false
      if (isEmpty(entry)) this.#entries.delete(entry.text)
    }
    this.#changed = []
  }

  restore(state: StateReader): void {
    const version = state.uint8()
    if (version !== STATE_VERSION) {
      throw new StreamError(
        'CHECKPOINT_NEWER_VERSION',
        `${this.#output.name}: process state of version ${version}; this release reads ${STATE_VERSION}. Update the package.`,
      )
    }
    if (state.uint8() === 1) this.#entries.clear()
    this.watermark = this.#outputWatermark = state.float64()
    for (let left = state.uint(); left > 0; left--) this.#restoreEntry(state)
    this.#fillTimers()
  }

  #restoreEntry(state: StateReader): void {
    const text = state.text()
    const entry = newEntry(decodeKey(text), text)
    for (let cells = state.uint(); cells > 0; cells--) {
      const name = state.text()
      const value = state.value()
      if (this.#process.state === undefined || !(name in this.#process.state)) {
        throw new StreamError(
          'STATE_UNKNOWN',
          `${this.#output.name}: the checkpoint holds state "${name}", which process() does not declare. Declare it, or start under a new job name.`,
        )
      }
      entry.cells.set(name, value)
    }
    for (let timers = state.uint(); timers > 0; timers--) {
      const time = state.float64()
      const order = state.uint()
      entry.timers.set(time, order)
      this.#registered = Math.max(this.#registered, order + 1)
    }
    if (isEmpty(entry)) this.#entries.delete(text)
    else this.#entries.set(text, entry)
  }

  /** Puts every timer into the queue anew, in order of registration: that is the order in which timers of the same time fire. */
  #fillTimers(): void {
    while (this.#timers.size > 0) this.#timers.take()
    const timers: Timer[] = []
    for (const entry of this.#entries.values())
      for (const [time, order] of entry.timers) timers.push({ time, order, entry })
    for (const timer of timers.sort((a, b) => a.order - b.order)) this.#timers.add(timer.time, timer)
    this.#deleted = 0
  }

  /** Fires the timers that `watermark` reaches, each at its own time, then moves the watermark. */
  #advance(watermark: number, batch: Batch<T>, at: number): void {
    if (watermark > this.watermark) this.watermark = watermark
    const mostOrder = this.#registered + MOST_AT_THE_END
    while (this.#timers.size > 0 && this.#timers.nextTime <= watermark) {
      const { time, order, entry } = this.#timers.take()
      if (entry.timers.get(time) !== order) {
        this.#deleted--
        continue
      }
      if (watermark === Number.POSITIVE_INFINITY && order > mostOrder) throw this.#neverEnding()
      entry.timers.delete(time)
      this.#touch(entry)
      this.#current = entry
      this.time = time
      this.#offset = Number.NaN
      try {
        this.#process.onTimer?.(time, this)
      } catch (cause) {
        this.#output.fail(cause, batch, at)
      }
    }
    this.#outputWatermark = this.watermark
  }

  #neverEnding(): StreamError {
    return new StreamError(
      'USER_FUNCTION_FAILED',
      `"${this.#output.name}": the input has ended, and timers go on setting further ones without end. Set none when context.watermark is Infinity.`,
      { place: { operator: this.#output.name } },
    )
  }

  #entry(): Entry {
    if (this.#current === undefined) throw outsideCall()
    return this.#current
  }

  #entryOf(key: Key): Entry {
    checkKey(key)
    const text = encodeKey(key)
    let entry = this.#entries.get(text)
    if (entry === undefined) {
      this.#output.checkOwner(key)
      entry = newEntry(ownKey(key), text)
      this.#entries.set(text, entry)
    }
    return entry
  }

  #touch(entry: Entry): void {
    if (entry.changed) return
    entry.changed = true
    this.#changed.push(entry)
  }
}

function newEntry(key: Key, text: string): Entry {
  return { key, text, cells: new Map(), timers: new Map(), changed: false }
}

function outsideCall(): StreamError {
  return new StreamError(
    'STATE_INVALID',
    'state, timers and emit() belong to a key: use them only while onRecord or onTimer runs.',
  )
}

function isEmpty(entry: Entry): boolean {
  return entry.cells.size === 0 && entry.timers.size === 0
}

/** Timers set by timers behind the end of the input, after which it is taken that they never end. */
const MOST_AT_THE_END = 1_000_000
/** Below this many deleted timers in the queue it is not worth making it anew. */
const MOST_DELETED = 1024
/** First byte of the state; raised when its layout changes. */
const STATE_VERSION = 1
