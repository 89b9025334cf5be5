import type { Batch } from '../../batch/batch.ts'
import { BatchBuilder } from '../../batch/batch-builder.ts'
import type { OperatorMetrics } from '../../metrics/operator-metrics.ts'
import { checkKey, type Key } from '../../state/key.ts'
import { checkKeyTtl, type KeyTtl, ttlText } from '../../state/key-ttl.ts'
import type { StateReader } from '../../state/state-reader.ts'
import type { StateWriter } from '../../state/state-writer.ts'
import { entrySweep } from '../entry-sweep.ts'
import type { KeySelector, Operator, OperatorContext, OperatorSpec, SnapshotScope, StateSweep } from '../operator.ts'
import { type KeyEntry, KeyTable } from './key-table.ts'

/** What an operator does with the records of each key; `S` is what it keeps for a key. One instance serves all keys of a task. */
export interface PerKey<In, Out, S> {
  create(): S
  /** Works on a record of the key. Returns false when the state stays as it is: a TTL then goes on as before. */
  onRecord(state: S, value: In, call: PerKeyCall<Out>): boolean
  /** A key whose state is empty is forgotten. */
  isEmpty(state: S): boolean
  write(state: S, to: StateWriter): void
  read(from: StateReader): S
  /** Told of every state that is given up. */
  dispose?(state: S): void
}

/** Valid during one call of `onRecord`. */
export interface PerKeyCall<Out> {
  readonly key: Key
  /** Event time of the record; NaN without. */
  readonly time: number
  readonly metrics: OperatorMetrics
  /** Emits with that event time, by default the record's. */
  emit(value: Out, time?: number): void
}

export interface PerKeyOptions<In> {
  readonly kind: string
  readonly key: KeySelector<In>
  readonly ttl?: KeyTtl | undefined
  readonly needsEventTime?: boolean
  readonly detail?: readonly string[]
}

/** An operator that keeps something for each key, answers each record at once, and has no timers: what changelog operators have in common. */
export function perKey<In, Out, S>(
  options: PerKeyOptions<In>,
  start: (context: OperatorContext<Out>) => PerKey<In, Out, S>,
): OperatorSpec<In, Out> {
  const { kind, key, ttl, detail = [] } = options
  if (ttl !== undefined) checkKeyTtl(ttl)
  const isByWallClock = ttl?.clock === 'processingTime'
  return {
    kind,
    stateful: true,
    key,
    needsEventTime: options.needsEventTime === true || (ttl !== undefined && !isByWallClock),
    ...(isByWallClock ? { usesProcessingTime: true } : {}),
    detail: [...detail, ttl === undefined ? 'state kept for ever' : ttlText(ttl)].join('; '),
    start: context => new PerKeyOperator(options, start(context), context),
  }
}

class PerKeyOperator<In, Out, S> implements Operator<In>, PerKeyCall<Out> {
  readonly #keyOf: (value: In) => Key
  readonly #work: PerKey<In, Out, S>
  readonly #context: OperatorContext<Out>
  readonly #table: KeyTable<S>
  readonly #ttl: KeyTtl | undefined
  readonly #results = new BatchBuilder<Out>()
  #watermark = Number.NEGATIVE_INFINITY
  #wallClock = 0
  /** Of the record that is being worked on. */
  #recordWatermark = Number.NEGATIVE_INFINITY
  #offset = Number.NaN
  key: Key = ''
  time = Number.NaN
  readonly metrics: OperatorMetrics

  constructor(options: PerKeyOptions<In>, work: PerKey<In, Out, S>, context: OperatorContext<Out>) {
    this.#keyOf = options.key.of
    this.#work = work
    this.#context = context
    this.metrics = context.metrics
    this.#ttl = options.ttl
    this.#table = new KeyTable<S>(options.ttl, state => work.dispose?.(state))
  }

  emit(value: Out, time: number = this.time): void {
    this.#results.add(value, time, this.#recordWatermark, this.#offset)
  }

  onBatch(batch: Batch<In>): void {
    const { values, times, watermarks, offsets, size } = batch
    for (let i = 0; i < size; i++) {
      this.#advance(watermarks[i]!)
      this.#recordWatermark = watermarks[i]!
      this.time = times[i]!
      this.#offset = offsets[i]!
      try {
        this.#onRecord(values[i]!)
      } catch (cause) {
        this.#context.fail(cause, batch, i)
      }
    }
    this.#advance(batch.watermark)
    this.#context.output.push(this.#results.take(batch.watermark, batch.idle, batch.origin))
  }

  /** Only told with a TTL by wall clock. */
  onProcessingTime(time: number): void {
    if (time > this.#wallClock) this.#wallClock = time
    this.#table.expire(this.#wallClock)
  }

  snapshot(state: StateWriter, scope: SnapshotScope): void {
    const changes = this.#table.takeChanges()
    this.#writeEntries(state, scope, scope === 'all' ? this.#table.all() : changes)
  }

  sweep(): StateSweep {
    return entrySweep(this.#table.stored(), (state, entries) => this.#writeEntries(state, 'changes', entries))
  }

  restore(state: StateReader): void {
    state.version(STATE_VERSION, `${this.#context.name}: state`)
    if (state.uint8() === 1) this.#table.clear()
    this.#watermark = state.float64()
    for (let left = state.uint(); left > 0; left--) {
      const key = state.text()
      const isThere = state.uint8() === 1
      this.#table.restore(key, isThere ? { writtenAt: state.float64(), state: this.#work.read(state) } : undefined)
    }
    // What is there now is what snapshots hold.
    this.#table.takeChanges()
  }

  #writeEntries(state: StateWriter, scope: SnapshotScope, entries: readonly KeyEntry<S>[]): void {
    state
      .uint8(STATE_VERSION)
      .uint8(scope === 'all' ? 1 : 0)
      .float64(this.#watermark)
      .uint(entries.length)
    for (const entry of entries) {
      state.key(entry.key).uint8(entry.isRemoved ? 0 : 1)
      if (entry.isRemoved) continue
      state.float64(entry.writtenAt)
      this.#work.write(entry.state, state)
    }
  }

  #onRecord(value: In): void {
    const key = this.#keyOf(value)
    const found = this.#table.find(key)
    if (found === undefined) {
      checkKey(key)
      this.#context.checkOwner(key)
    }
    const state = found === undefined ? this.#work.create() : found.state
    this.key = found === undefined ? key : found.key
    const isWritten = this.#work.onRecord(state, value, this)
    if (this.#work.isEmpty(state)) {
      if (found === undefined) this.#work.dispose?.(state)
      else this.#table.remove(found)
    } else if (isWritten) {
      this.#table.touch(found ?? this.#table.add(key, state), this.#ttlTime())
    }
  }

  #advance(watermark: number): void {
    if (watermark <= this.#watermark) return
    this.#watermark = watermark
    if (this.#ttl?.clock === 'eventTime' && watermark >= this.#table.nextExpiry) this.#table.expire(watermark)
  }

  /** A late record is written now, not when it happened: by its own time it could be forgotten at once. */
  #ttlTime(): number {
    if (this.#ttl === undefined) return Number.NEGATIVE_INFINITY
    return this.#ttl.clock === 'processingTime' ? this.#wallClock : Math.max(this.time, this.#watermark)
  }
}

/** First byte of the state; raised when its layout changes. */
const STATE_VERSION = 1
