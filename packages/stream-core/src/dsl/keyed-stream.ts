import { keyedProcess } from '../operators/keyed/keyed-process.ts'
import type { OutputTypes } from '../operators/keyed/output-type.ts'
import type { KeyedProcess, None } from '../operators/keyed/process-function.ts'
import { rollingReduce } from '../operators/keyed/rolling-reduce.ts'
import type { KeySelector } from '../operators/operator.ts'
import type { Key } from '../state/key.ts'
import type { StateDeclarations } from '../state/state-declaration.ts'
import { checkDuration } from '../time/duration.ts'
import { tumbling } from '../windows/tumbling.ts'
import { ConnectedKeyedStreams, KeyedBroadcastStream } from './connected-streams.ts'
import { IntervalJoinStart } from './interval-joined.ts'
import type { Named } from './named.ts'
import { ProcessedStream, type Stream } from './stream.ts'
import { WindowedStream } from './windowed-stream.ts'

export interface KeyByOptions {
  /**
   * Declares that the source is partitioned by this key, so that every partition can be a task of its own. The runtime checks keys against
   * the source's partitioner and stops on a contradiction. Default false: one task reads all partitions.
   */
  readonly partitionKey?: boolean
}

export interface TumblingWindowOptions extends Named {
  /** Shifts all windows, in ms; e.g. hours(-1) for days that start at 23:00 UTC. Default 0. */
  readonly offset?: number
  /** Ms of event time for which a window still takes records after the watermark has passed its end; each makes it emit again. Default 0. */
  readonly allowedLateness?: number
  /**
   * Wall-clock ms without any record after which open windows emit what they have, and stay open. Default: never, since only the watermark
   * makes results independent of when the job ran.
   */
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

  /** Windows of `size` ms, side by side; each emits when the watermark passes its end. */
  tumblingWindow(size: number, options: TumblingWindowOptions = {}): WindowedStream<K, T> {
    const { offset = 0, allowedLateness = 0, emitWhenQuiet, name } = options
    checkDuration('allowedLateness', allowedLateness, { zero: true })
    if (emitWhenQuiet !== undefined) checkDuration('emitWhenQuiet', emitWhenQuiet)
    return new WindowedStream<K, T>(
      this.stream,
      {
        key: this.key,
        windows: tumbling(size, offset),
        allowedLatenessMs: allowedLateness,
        emitWhenQuietMs: emitWhenQuiet,
      },
      name === undefined ? {} : { name },
    )
  }

  /** Combines all records of a key so far; emits the new result for every record. */
  reduce(fn: (sofar: T, value: T) => T, options?: Named): Stream<T> {
    return this.stream.process(rollingReduce(fn, this.key), options)
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
}
