import { type Aggregates, combine } from '../aggregates/combine.ts'
import type { ChangeOptions } from '../operators/changelog/change-options.ts'
import { type DeduplicateOptions, deduplicate } from '../operators/changelog/deduplicate.ts'
import { type DistinctOptions, distinct } from '../operators/changelog/distinct.ts'
import { type GroupResult, groupAggregate } from '../operators/changelog/group-aggregate.ts'
import type { Ranked, TopNSize } from '../operators/changelog/ranked-rows.ts'
import { type TopNOptions, topN } from '../operators/changelog/top-n.ts'
import { keyedProcess } from '../operators/keyed/keyed-process.ts'
import type { OutputTypes } from '../operators/keyed/output-type.ts'
import type { KeyedProcess, None } from '../operators/keyed/process-function.ts'
import { rollingReduce } from '../operators/keyed/rolling-reduce.ts'
import type { KeySelector } from '../operators/operator.ts'
import { suppressRows } from '../operators/stream-time/suppress-rows.ts'
import type { TimeLimit } from '../operators/stream-time/suppression.ts'
import type { Accumulation } from '../operators/windows/window-options.ts'
import type { Key } from '../state/key.ts'
import type { StateDeclarations } from '../state/state-declaration.ts'
import { type CalendarOptions, type CalendarUnit, calendar } from '../windows/calendar.ts'
import { cumulate } from '../windows/cumulate.ts'
import { global } from '../windows/global.ts'
import { type SessionGap, sessions } from '../windows/session.ts'
import { sliding } from '../windows/sliding.ts'
import type { MergingTrigger, Trigger } from '../windows/triggers/trigger.ts'
import { tumbling } from '../windows/tumbling.ts'
import type { WindowAssigner } from '../windows/window-assigner.ts'
import { AsOfJoined, LatestJoined } from './as-of-joined.ts'
import { ConnectedKeyedStreams, KeyedBroadcastStream } from './connected-streams.ts'
import { type CountWindowOptions, countWindows } from './count-windows.ts'
import { IntervalJoinStart } from './interval-joined.ts'
import type { Named } from './named.ts'
import { type ChangeStream, ProcessedStream, type Stream } from './stream.ts'
import { StreamJoined, type StreamJoinWindow } from './stream-joined.ts'
import {
  type SessionByRecordOptions,
  type SlidingByRecordOptions,
  type StreamTimeStage,
  type StreamTimeWindowOptions,
  sessionByRecordStage,
  slidingByRecordStage,
  streamTimeWindowStage,
} from './stream-time-stage.ts'
import { UpdatingJoined, type UpdatingJoinOptions } from './updating-joined.ts'
import { WindowJoinStart } from './window-joined.ts'
import { type FiringOptions, type TimedWindowOptions, type WindowOptions, windowSpec } from './window-options.ts'
import { WindowedStream } from './windowed-stream.ts'

export interface KeyByOptions {
  /**
   * Declares that the source is partitioned by this key, so that every partition can be a task of its own. The runtime checks keys against
   * the source's partitioner and stops on a contradiction. Default false: one task reads all partitions.
   */
  readonly partitionKey?: boolean
}

/** Windows that merge: their trigger has to be able to. */
type MergingAssigner<T> = WindowAssigner<T> & { readonly merges: true }

export type OffsetWindowOptions<T = unknown, M extends Accumulation = Accumulation> = TimedWindowOptions<T, M> & {
  /** Shifts all windows, in ms; e.g. hours(-1) for days that start at 23:00 UTC. Default 0. */
  readonly offset?: number
}

export interface GlobalWindowOptions<T = unknown, M extends Accumulation = Accumulation>
  extends FiringOptions<T, M, Trigger<T>> {
  readonly trigger: Trigger<T>
  /** Wall-clock ms without any record after which windows emit what they have. Default: never. */
  readonly emitWhenQuiet?: number
}

/** A stream grouped by key. */
export class KeyedStream<K extends Key, T> {
  /** The records, not grouped; for stages that make their own handle. */
  readonly stream: Stream<T>
  readonly key: KeySelector<T>

  constructor(stream: Stream<T>, key: KeySelector<T>) {
    this.stream = stream
    this.key = key
  }

  /** Windows of any kind: built-in ones and those of your own, as values. */
  window<M extends Accumulation = 'accumulate'>(
    assigner: MergingAssigner<T>,
    options?: WindowOptions<T, M, MergingTrigger<T>>,
  ): WindowedStream<K, T, M>
  window<M extends Accumulation = 'accumulate'>(
    assigner: WindowAssigner<T>,
    options?: WindowOptions<T, M>,
  ): WindowedStream<K, T, M>
  window<M extends Accumulation>(
    assigner: WindowAssigner<T>,
    options: WindowOptions<T, M> = {},
  ): WindowedStream<K, T, M> {
    return new WindowedStream<K, T, M>(this.stream, windowSpec(this.key, assigner, options), options)
  }

  /** Windows of `size` ms, side by side; each emits when the watermark passes its end. */
  tumblingWindow<M extends Accumulation = 'accumulate'>(
    size: number,
    options: OffsetWindowOptions<T, M> = {},
  ): WindowedStream<K, T, M> {
    return this.window(tumbling(size, options.offset, options.time), options as WindowOptions<T, M>)
  }

  /** Windows of `size` ms that start every `slide` ms: they overlap, or with a slide larger than the size leave times out. */
  slidingWindow<M extends Accumulation = 'accumulate'>(
    size: number,
    slide: number,
    options: OffsetWindowOptions<T, M> = {},
  ): WindowedStream<K, T, M> {
    return this.window(sliding(size, slide, options.offset, options.time), options as WindowOptions<T, M>)
  }

  /** Windows that last until `gap` ms without a record of the key: the same gap for all records, or its own for each. */
  sessionWindow<M extends Accumulation = 'accumulate'>(
    gap: SessionGap<T>,
    options: TimedWindowOptions<T, M, MergingTrigger<T>> = {},
  ): WindowedStream<K, T, M> {
    return this.window<M>(sessions(gap, options.time), options as WindowOptions<T, M, MergingTrigger<T>>)
  }

  /** Windows that share their start and grow by `step` ms up to `size`: the day so far, every hour. */
  cumulateWindow<M extends Accumulation = 'accumulate'>(
    size: number,
    step: number,
    options: OffsetWindowOptions<T, M> = {},
  ): WindowedStream<K, T, M> {
    return this.window(cumulate(size, step, options.offset, options.time), options as WindowOptions<T, M>)
  }

  /** Windows of days, weeks, months or years, with the midnights of a time zone. */
  calendarWindow<M extends Accumulation = 'accumulate'>(
    unit: CalendarUnit,
    options: CalendarOptions & TimedWindowOptions<T, M> = {},
  ): WindowedStream<K, T, M> {
    return this.window(calendar(unit, options, options.time), options as WindowOptions<T, M>)
  }

  /** One window of all time for each key; it emits when the trigger says so, and is never forgotten. */
  globalWindow<M extends Accumulation = 'accumulate'>(options: GlobalWindowOptions<T, M>): WindowedStream<K, T, M> {
    return this.window(global(), options)
  }

  /**
   * Windows of `size` records of a key, by count alone: side by side, or a new one every `slide` records. The first windows of a key that slide hold
   * fewer records than `size`, as Flink's countWindow; what is left at the end of the input is not emitted.
   */
  countWindow(size: number, options?: CountWindowOptions): WindowedStream<K, T>
  countWindow(size: number, slide: number, options?: CountWindowOptions): WindowedStream<K, T>
  countWindow(
    size: number,
    slideOrOptions?: number | CountWindowOptions,
    more: CountWindowOptions = {},
  ): WindowedStream<K, T> {
    const isSliding = typeof slideOrOptions === 'number'
    const options = (isSliding ? more : slideOrOptions) ?? {}
    const windows: WindowOptions<T, 'accumulate'> = countWindows(size, isSliding ? slideOrOptions : size, options)
    return this.window(global(), { ...windows, ...options })
  }

  /**
   * Kafka Streams' SlidingWindows: for each record the window of `timeDifference` ms that ends with it, and the one that begins behind it; both bounds
   * inclusive. Windows exist around records alone, and stream time closes them. Where windows at fixed times are wanted, use `slidingWindow`.
   */
  slidingByRecord(options: SlidingByRecordOptions): StreamTimeStage<K, T, 'value'> {
    return slidingByRecordStage<K, T>(this.stream, this.key, options)
  }

  /**
   * Kafka Streams' SessionWindows: from the first record to the last, both inclusive, and stream time closes them. A session that grows takes back
   * what it emitted with a tombstone, unless it emits when it closes. `sessionWindow` has Flink's sessions, which end a gap behind their last record.
   */
  sessionByRecord(options: SessionByRecordOptions & { readonly emit: 'onClose' }): StreamTimeStage<K, T, 'value'>
  sessionByRecord(options: SessionByRecordOptions): StreamTimeStage<K, T, 'value' | 'tombstone'>
  sessionByRecord(
    options: SessionByRecordOptions,
  ): StreamTimeStage<K, T, 'value'> | StreamTimeStage<K, T, 'value' | 'tombstone'> {
    return sessionByRecordStage<K, T, 'value' | 'tombstone'>(this.stream, this.key, options)
  }

  /**
   * Kafka Streams' TimeWindows, tumbling or hopping: none starts before 1970, stream time closes them, and a result's time is the highest of its
   * records'. `tumblingWindow` and `slidingWindow` have Flink's, which the watermark closes.
   */
  streamTimeWindow(options: StreamTimeWindowOptions): StreamTimeStage<K, T, 'value'> {
    return streamTimeWindowStage<K, T>(this.stream, this.key, options)
  }

  /**
   * Takes each record as the new row of its key, and holds updates back as Kafka Streams' suppress does: the newest comes out once stream time is
   * `limit` above the time of the first one held back. Records must be plain data, since they are part of checkpoints.
   */
  suppress(limit: TimeLimit, options?: Named): Stream<T> {
    return this.stream.process(suppressRows(limit, this.key), options)
  }

  /** Combines all records of a key so far; emits the new result for every record. */
  reduce(fn: (sofar: T, value: T) => T, options?: Named): Stream<T> {
    return this.stream.process(rollingReduce(fn, this.key), options)
  }

  /** The first `n` rows of each key, as changes: `topN(3, { orderBy: descending(p => p.score) })`. Keeps `n` rows a key. */
  topN(n: TopNSize<T>, options: TopNOptions<T> & { readonly rank: true } & Named): ChangeStream<Ranked<T>>
  topN(n: TopNSize<T>, options: TopNOptions<T> & { readonly rank?: false } & Named): ChangeStream<T>
  topN(n: TopNSize<T>, options: TopNOptions<T> & Named): ChangeStream<T> | ChangeStream<Ranked<T>> {
    return this.stream.changesBy(topN(n, options, this.key), options) as ChangeStream<T>
  }

  /** The first or last row of each key, by event time or by arrival, as changes. */
  deduplicate(options: DeduplicateOptions & Named): ChangeStream<T> {
    return this.stream.changesBy(deduplicate(options, this.key), options)
  }

  /** Named aggregates over all records of each key so far, as changes: `groupAggregate({ n: count(), total: sum(o => o.price) })`. */
  groupAggregate<R extends object>(
    aggregates: Aggregates<T, R>,
    options: ChangeOptions & Named = {},
  ): ChangeStream<GroupResult<K, R>> {
    return this.stream.changesBy(groupAggregate<K, T, R>(combine<T, R>(aggregates), options, this.key), options)
  }

  /** The first record of each key as it is; the others are dropped. */
  distinct(options: DistinctOptions & Named = {}): Stream<T> {
    return this.stream.process(distinct(options, this.key), options)
  }

  /** User code with state and timers for each key. */
  process<R, D extends StateDeclarations = None, S extends OutputTypes = None>(
    process: KeyedProcess<K, T, R, D, S>,
    options?: Named,
  ): ProcessedStream<R, S> {
    return new ProcessedStream<R, S>(this.stream.pipeline, this.stream.append(keyedProcess(process, this.key), options))
  }

  /** This stream and another with the same kind of key, to be worked on together. */
  connect<U>(other: KeyedStream<K, U>): ConnectedKeyedStreams<K, T, U> {
    return new ConnectedKeyedStreams<K, T, U>(this, other)
  }

  /** This stream and one whose records every key sees, e.g. of rules. */
  connectBroadcast<U>(broadcast: Stream<U>): KeyedBroadcastStream<K, T, U> {
    return new KeyedBroadcastStream<K, T, U>(this, broadcast)
  }

  /** Pairs with records of `right` that have the same key and a time within bounds: `.intervalJoin(right).between(lower, upper).inner(...)`. */
  intervalJoin<R>(right: KeyedStream<K, R>): IntervalJoinStart<K, T, R> {
    return new IntervalJoinStart(this, right)
  }

  /**
   * Pairs with records of `right` as Kafka Streams joins two streams: by stream time, with a grace for what comes out of order:
   * `.streamJoin(right, { before, after, grace }).left(...)`.
   */
  streamJoin<R>(right: KeyedStream<K, R>, window: StreamJoinWindow): StreamJoined<K, T, R> {
    return new StreamJoined(this, right, window)
  }

  /**
   * Looks up, for each record, the version of the right table that was valid at the record's time; the result comes when the watermark has reached it:
   * `orders.asOfJoin(rates).left((order, rate) => ...)`. The right stream is a changelog, `Change<R>`, or records that each put a version.
   */
  asOfJoin<R>(right: KeyedStream<K, R>): AsOfJoined<K, T, R> {
    return new AsOfJoined(this, right)
  }

  /** Looks up, for each record, the row of the right table that is the latest when the record comes. Takes what `asOfJoin` takes; looks at no time. */
  latestJoin<R>(right: KeyedStream<K, R>): LatestJoined<K, T, R> {
    return new LatestJoined(this, right)
  }

  /**
   * Joins two tables that change, `Change<T>`, or streams that only add rows, and emits the changes of the result:
   * `.updatingJoin(right, { ttl: days(1) }).left(...)`.
   */
  updatingJoin<R>(right: KeyedStream<K, R>, options: UpdatingJoinOptions<T, R> = {}): UpdatingJoined<K, T, R> {
    return new UpdatingJoined(this, right, options)
  }

  /** Joins the records of two streams that have one key and are in one window: `.windowJoin(right).window(tumbling(minutes(1))).inner(...)`. */
  windowJoin<R>(right: KeyedStream<K, R>): WindowJoinStart<K, T, R> {
    return new WindowJoinStart(this, right)
  }
}
