import type { Aggregate } from '../aggregates/aggregate.ts'
import { type Aggregates, combine } from '../aggregates/combine.ts'
import { reduction } from '../aggregates/custom.ts'
import type { KeySelector, OperatorSpec } from '../operators/operator.ts'
import { checkEmit, type EmitStrategy } from '../operators/stream-time/emit-strategy.ts'
import { sessionByRecord } from '../operators/stream-time/session-by-record.ts'
import { slidingByRecord } from '../operators/stream-time/sliding-by-record.ts'
import { streamTimeWindow } from '../operators/stream-time/stream-time-window.ts'
import type { Key } from '../state/key.ts'
import { checkDuration } from '../time/duration.ts'
import { streamTimeWindows } from '../windows/stream-time-windows.ts'
import type { WindowUpdate } from '../windows/window-update.ts'
import type { Named } from './named.ts'
import { type Stream, WindowUpdateStream } from './stream.ts'

interface StreamTimeOptions extends Named {
  /** Ms of stream time for which a window still takes records after its end. Kafka Streams asks for it, since no default fits everyone; so does this. */
  readonly grace: number
  /** When windows emit. Default 'onUpdate'. */
  readonly emit?: EmitStrategy
}

export interface SlidingByRecordOptions extends StreamTimeOptions {
  /** Ms between two records that are still in one window; 0 for records of the same time alone. */
  readonly timeDifference: number
}

export interface SessionByRecordOptions extends StreamTimeOptions {
  /** Ms between two records of a session that may pass without one. */
  readonly gap: number
}

export interface StreamTimeWindowOptions extends StreamTimeOptions {
  readonly size: number
  /** Ms from the start of one window to the next, at most the size. Default: the size, windows side by side. */
  readonly advance?: number
}

type Build<K extends Key, T> = <R>(aggregate: Aggregate<T, R>) => OperatorSpec<T, WindowUpdate<K, R>>
type UpdateType = WindowUpdate<Key, unknown>['type']

/** Records grouped by key and by a window of Kafka Streams' kind; what to compute over them is still to be said. */
export class StreamTimeStage<K extends Key, T, Types extends UpdateType> {
  readonly #stream: Stream<T>
  readonly #key: KeySelector<T>
  readonly #build: Build<K, T>
  readonly #closeDelayMs: number
  readonly #named: Named

  constructor(stream: Stream<T>, key: KeySelector<T>, build: Build<K, T>, closeDelayMs: number, { name }: Named) {
    this.#stream = stream
    this.#key = key
    this.#build = build
    this.#closeDelayMs = closeDelayMs
    this.#named = name === undefined ? {} : { name }
  }

  /** Computes named aggregates in one pass; the result has the same names. */
  aggregate<R extends object>(aggregates: Aggregates<T, R>): WindowUpdateStream<K, T, R, Types> {
    return this.#compute(combine<T, R>(aggregates))
  }

  /** Combines the records of each window by `fn`, in order of arrival. */
  reduce(fn: (a: T, b: T) => T): WindowUpdateStream<K, T, T, Types> {
    return this.#compute(reduction(fn))
  }

  #compute<R>(aggregate: Aggregate<T, R>): WindowUpdateStream<K, T, R, Types> {
    const edge = this.#stream.append(this.#build(aggregate), this.#named)
    const { isPartitionKey } = this.#key
    return new WindowUpdateStream<K, T, R, Types>(this.#stream.pipeline, edge, isPartitionKey, this.#closeDelayMs)
  }
}

export function slidingByRecordStage<K extends Key, T>(
  stream: Stream<T>,
  key: KeySelector<T>,
  options: SlidingByRecordOptions,
): StreamTimeStage<K, T, 'value'> {
  const { timeDifference, grace, emit = 'onUpdate' } = options
  checkDuration('timeDifference', timeDifference, { zero: true })
  checkCommon(grace, emit)
  return new StreamTimeStage<K, T, 'value'>(
    stream,
    key,
    aggregate => slidingByRecord(aggregate, { key, emit, timeDifferenceMs: timeDifference, graceMs: grace }),
    grace,
    options,
  )
}

export function sessionByRecordStage<K extends Key, T, Types extends UpdateType>(
  stream: Stream<T>,
  key: KeySelector<T>,
  options: SessionByRecordOptions,
): StreamTimeStage<K, T, Types> {
  const { gap, grace, emit = 'onUpdate' } = options
  checkDuration('the gap of sessions', gap)
  checkCommon(grace, emit)
  return new StreamTimeStage<K, T, Types>(
    stream,
    key,
    aggregate => sessionByRecord(aggregate, { key, emit, gapMs: gap, graceMs: grace }),
    grace + gap,
    options,
  )
}

export function streamTimeWindowStage<K extends Key, T>(
  stream: Stream<T>,
  key: KeySelector<T>,
  options: StreamTimeWindowOptions,
): StreamTimeStage<K, T, 'value'> {
  const { size, advance = size, grace, emit = 'onUpdate' } = options
  const windows = streamTimeWindows(size, advance)
  checkCommon(grace, emit)
  return new StreamTimeStage<K, T, 'value'>(
    stream,
    key,
    aggregate => streamTimeWindow(aggregate, { key, emit, windows, graceMs: grace }),
    grace,
    options,
  )
}

function checkCommon(grace: number, emit: EmitStrategy): void {
  checkDuration('grace', grace, { zero: true })
  checkEmit(emit)
}
