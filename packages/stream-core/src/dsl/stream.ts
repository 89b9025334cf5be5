import type { Change } from '../batch/change.ts'
import type { Sink } from '../connectors/sink.ts'
import { StreamError } from '../errors.ts'
import { explainNodes } from '../graph/describe.ts'
import { hasEventTime } from '../graph/graph.ts'
import type { Edge } from '../graph/node.ts'
import { MAIN_OUTPUT } from '../graph/node.ts'
import type { AsyncOptions } from '../operators/async/async-options.ts'
import { type AsyncFunction, mapAsync } from '../operators/async/map-async.ts'
import { mapRows } from '../operators/changelog/map-rows.ts'
import type { Lookup } from '../operators/joins/lookup-cache.ts'
import type { OutputTypes, RecordOf } from '../operators/keyed/output-type.ts'
import type { None, RecordProcess } from '../operators/keyed/process-function.ts'
import type { OperatorSpec } from '../operators/operator.ts'
import { filter } from '../operators/records/filter.ts'
import { flatMap } from '../operators/records/flat-map.ts'
import { map } from '../operators/records/map.ts'
import { processRecords } from '../operators/records/process-records.ts'
import { split } from '../operators/records/split.ts'
import { union } from '../operators/records/union.ts'
import { EXPIRED_OUTPUT } from '../operators/stream-time/stream-time-operator.ts'
import { suppressWindows } from '../operators/stream-time/suppress-rows.ts'
import type { Suppression, WindowClose } from '../operators/stream-time/suppression.ts'
import { assignEventTime, type EventTime } from '../operators/time/assign-event-time.ts'
import { INVALID_TIMES_OUTPUT, type InvalidTime, type ValidTimes } from '../operators/time/valid-times.ts'
import type { Accumulation } from '../operators/windows/window-options.ts'
import { LATE_OUTPUT } from '../operators/windows/window-output.ts'
import type { Key } from '../state/key.ts'
import type { WatermarkPolicy } from '../time/watermark-policy.ts'
import type { WindowAssigner } from '../windows/window-assigner.ts'
import type { Late, WindowResult } from '../windows/window-result.ts'
import type { WindowUpdate, WindowValue } from '../windows/window-update.ts'
import { BroadcastStream, ConnectedStreams } from './connected-streams.ts'
import { iterate } from './iterate.ts'
import { KeyedChangeStream } from './keyed-change-stream.ts'
import { type KeyByOptions, KeyedStream } from './keyed-stream.ts'
import { type LookupJoined, type LookupJoinOptions, lookupJoined } from './lookup-joined.ts'
import type { Named } from './named.ts'
import type { Pipeline } from './pipeline.ts'
import { type WindowOptions, windowSpec } from './window-options.ts'
import { WindowedStream } from './windowed-stream.ts'

/**
 * A stream of records of type T. Handles are immutable and may branch: using one stream twice sends every record both ways. Nothing runs
 * until `run(pipeline)`, or until the stream is iterated over: `for await (const value of stream)`.
 */
export class Stream<T> implements AsyncIterable<T> {
  readonly pipeline: Pipeline
  /** Where the records come from in the graph; for stages that make their own handle. */
  readonly edge: Edge

  constructor(pipeline: Pipeline, edge: Edge) {
    this.pipeline = pipeline
    this.edge = edge
  }

  /** Replaces each record by `fn(record)`. */
  map<R>(fn: (value: T) => R, options?: Named): Stream<R> {
    return this.process(map(fn), options)
  }

  /** Keeps the records for which `predicate` is true. */
  filter<S extends T>(predicate: (value: T) => value is S, options?: Named): Stream<S>
  filter(predicate: (value: T) => boolean, options?: Named): Stream<T>
  filter(predicate: (value: T) => boolean, options?: Named): Stream<T> {
    return this.process(filter(predicate), options)
  }

  /** Replaces each record by the records of `fn(record)`. */
  flatMap<R>(fn: (value: T) => Iterable<R>, options?: Named): Stream<R> {
    return this.process(flatMap(fn), options)
  }

  /** Replaces each record by what `fn(record)` resolves to; see `MapAsyncOptions` for order, time limit and further attempts. */
  mapAsync<R>(fn: AsyncFunction<T, R>, options: MapAsyncOptions<T, R> = {}): Stream<R> {
    return this.process(mapAsync(fn, options), options)
  }

  /**
   * Looks something up for each record by an asynchronous function, with a cache if wanted:
   * `orders.lookupJoin(id => customers.find(id), { key: order => order.customer, cache: lookupCache({ ttlMs: minutes(5) }) }).left(...)`.
   */
  lookupJoin<K extends Key, V>(lookup: Lookup<K, V>, options: LookupJoinOptions<T, K, V>): LookupJoined<T, V> {
    return lookupJoined(this, lookup, options)
  }

  /** Merges this stream and others of the same pipeline; each keeps its own order. */
  union(...others: readonly Stream<T>[]): Stream<T> {
    const { graph } = this.pipeline
    const isTimed = [this, ...others].some(({ edge }) => hasEventTime(node => graph.nodes[node]!, edge))
    return new Stream<T>(this.pipeline, this.append(union<T>(others.length + 1, isTimed), {}, others))
  }

  /**
   * Sends each record to the first branch whose predicate holds, else to `rest`:
   * `const { hot, rest } = readings.split({ hot: r => r.celsius > 30 })`.
   */
  split<Name extends string>(
    predicates: Readonly<Record<Name, (value: T) => boolean>>,
    options?: Named,
  ): Record<Name | 'rest', Stream<T>> {
    if ('rest' in predicates)
      throw new StreamError(
        'GRAPH_INVALID',
        'split() uses the name "rest" for what no predicate takes. Name the branch differently.',
      )
    const main = this.process(split(predicates), options)
    const branches = Object.keys(predicates).map(name => [name, main.sideOutput<T>(name)] as const)
    return Object.fromEntries([...branches, ['rest', main]]) as Record<Name | 'rest', Stream<T>>
  }

  /**
   * Gives each record its event time and makes watermarks. `time` is a function of the record (epoch ms), or 'record' for the time that the
   * source keeps with it. `validTimes` says which times are believed.
   */
  withEventTime(time: EventTime<T>, policy: WatermarkPolicy<T>, options: EventTimeOptions = {}): TimedStream<T> {
    return new TimedStream<T>(this.pipeline, this.append(assignEventTime(time, policy, options.validTimes), options))
  }

  /** Groups the stream: what follows works for each key on its own. */
  keyBy<K extends Key>(key: (value: T) => K, options: KeyByOptions = {}): KeyedStream<K, T> {
    return new KeyedStream<K, T>(this, { of: key, isPartitionKey: options.partitionKey ?? false })
  }

  /** User code that may emit any number of results for a record, to any output; state and timers need a key (`keyBy`). */
  processRecords<R, S extends OutputTypes = None>(
    process: RecordProcess<T, R, S>,
    options?: Named,
  ): ProcessedStream<R, S> {
    return new ProcessedStream<R, S>(this.pipeline, this.append(processRecords(process), options))
  }

  /** This stream and another, to be worked on together by one function. */
  connect<U>(other: Stream<U>): ConnectedStreams<T, U> {
    return new ConnectedStreams<T, U>(this, other)
  }

  /** This stream and one whose records are kept for all records of this one, e.g. of rules. */
  connectBroadcast<U>(broadcast: Stream<U>): BroadcastStream<T, U> {
    return new BroadcastStream<T, U>(this, broadcast)
  }

  /** Puts all records, whatever their key, into windows. One task computes them. */
  windowAll<M extends Accumulation = 'accumulate'>(
    assigner: WindowAssigner<T>,
    options: WindowOptions<T, M> = {},
  ): WindowedStream<'all', T, M> {
    return new WindowedStream<'all', T, M>(this, windowSpec<T>(undefined, assigner, options), options)
  }

  /** Adds any operator; the methods above are one-line calls of this. */
  process<R>(spec: OperatorSpec<T, R>, options?: Named): Stream<R> {
    return new Stream<R>(this.pipeline, this.append(spec, options))
  }

  /** Adds an operator that emits changes. */
  changesBy<R>(spec: OperatorSpec<T, Change<R>>, options: Named = {}): ChangeStream<R> {
    return new ChangeStream<R>(this.pipeline, this.append(spec, options))
  }

  /** This stream, whose records are changes of a table already, e.g. of a database's log. */
  asChanges<R>(this: Stream<Change<R>>): ChangeStream<R> {
    return new ChangeStream<R>(this.pipeline, this.edge)
  }

  /** Applies a reusable piece of pipeline without leaving the chain. */
  through<R>(piece: (stream: this) => R): R {
    return piece(this)
  }

  /** A side output of the operator that this stream comes from. */
  sideOutput<R>(name: string): Stream<R> {
    return new Stream<R>(this.pipeline, { from: this.edge.from, output: name })
  }

  /** The steps that lead to this stream as text: how each watermark is made, what makes each window emit and forget. Runs nothing. */
  explain(): string {
    const { graph } = this.pipeline
    const upstream = graph.upstreamOf(this.edge.from)
    return explainNodes(graph.nodes.filter(({ id }) => upstream.has(id)))
  }

  /** Ends the stream in a sink. A pipeline can have several. */
  sink(sink: Sink<T>, options: Named = {}): Pipeline {
    this.pipeline.graph.addSink(sink as Sink<unknown>, this.edge, options.name)
    return this.pipeline
  }

  /** Runs everything upstream of this stream and yields its records; leaving the loop ends the run. */
  [Symbol.asyncIterator](): AsyncIterator<T> {
    return iterate<T>(this.pipeline, this.edge)
  }

  /**
   * Adds an operator behind this stream and others of the same pipeline, its further inputs, and returns its main output; for stages that make
   * their own handle.
   */
  append<In, R>(spec: OperatorSpec<In, R>, options: Named = {}, others: readonly Upstream[] = []): Edge {
    const stranger = others.find(other => other.pipeline !== this.pipeline)
    if (stranger !== undefined) {
      throw new StreamError(
        'GRAPH_INVALID',
        `${spec.kind}() of streams of two pipelines ("${this.pipeline.name}" and "${stranger.pipeline.name}"). Start both from one pipeline.`,
      )
    }
    const inputs = [this.edge, ...others.map(other => other.edge)]
    const id = this.pipeline.graph.addOperator(spec as OperatorSpec<unknown, unknown>, inputs, options.name)
    return { from: id, output: MAIN_OUTPUT }
  }
}

/** Records with event time. Here, not in a file of its own, because a base class must be loaded first. */
export class TimedStream<T> extends Stream<T> {
  /**
   * Records whose event time is not valid, with the reason. Taking this stream is the policy "dead letter": without it, such a record stops the
   * job, or is counted and skipped where `validTimes` says `onInvalid: 'skip'`.
   */
  invalidTimes(): Stream<InvalidTime<T>> {
    return this.sideOutput<InvalidTime<T>>(INVALID_TIMES_OUTPUT)
  }
}

/** A stream of whatever records, as an input of an operator that knows what they are. */
export type Upstream = Pick<Stream<unknown>, 'pipeline' | 'edge'>

/** Results of a window, and what came too late for it. Here, not in a file of its own, because a base class must be loaded first. */
export class WindowStream<K, T, R> extends Stream<WindowResult<K, R>> {
  /** Records that came when all their windows were closed, with how late they were and why. */
  late(): Stream<Late<T>> {
    return this.sideOutput<Late<T>>(LATE_OUTPUT)
  }
}

/** The same as changes: each further result of a window takes the last one back. */
export class WindowChangeStream<K, T, R> extends Stream<Change<WindowResult<K, R>>> {
  /** Records that came when all their windows were closed, with how late they were and why. */
  late(): Stream<Late<T>> {
    return this.sideOutput<Late<T>>(LATE_OUTPUT)
  }
}

/** The changes of a table of rows `T`: what Top-N, deduplication and group aggregates emit. Any operator on plain records sees each `Change`. */
export class ChangeStream<T> extends Stream<Change<T>> {
  /** Replaces each row by `fn(row)`, in changes of every kind; it must return equal rows for equal ones. */
  mapRows<R>(fn: (row: T) => R, options?: Named): ChangeStream<R> {
    return this.changesBy(mapRows(fn), options)
  }

  /** Keeps the rows for which `predicate` is true: a row that stops to be so leaves the table, by an `updateBefore` without an `updateAfter`. */
  filterRows(predicate: (row: T) => boolean, options?: Named): ChangeStream<T> {
    return this.changesBy(
      filter<Change<T>>(({ value }) => predicate(value)),
      options,
    )
  }

  /** Groups the table by a key of its rows. */
  keyRowsBy<K extends Key>(key: (row: T) => K, options: KeyByOptions = {}): KeyedChangeStream<K, T> {
    return new KeyedChangeStream<K, T>(this, key, options.partitionKey ?? false)
  }
}

/** Updates of a table whose rows are windows of keys, and what came too late for a window. Here, because a base class must be loaded first. */
export class WindowUpdateStream<K extends Key, T, R, Types extends WindowUpdate<K, R>['type']> extends Stream<
  Extract<WindowUpdate<K, R>, { readonly type: Types }>
> {
  readonly #isPartitionKey: boolean
  readonly #closeDelayMs: number

  /** `closeDelayMs`: by how much stream time passes the end of a window before nothing can change it any more. */
  constructor(pipeline: Pipeline, edge: Edge, isPartitionKey: boolean, closeDelayMs: number) {
    super(pipeline, edge)
    this.#isPartitionKey = isPartitionKey
    this.#closeDelayMs = closeDelayMs
  }

  /** Records that came too late for at least one of their windows; other windows may have taken them. */
  late(): Stream<Late<T>> {
    return this.sideOutput<Late<T>>(EXPIRED_OUTPUT)
  }

  /**
   * Holds back updates as Kafka Streams' suppress does: `untilWindowCloses()` for one final result of each window, `untilTimeLimit(ms)` for fewer
   * updates. Where only final results are wanted, `emit: 'onClose'` has them with less state.
   */
  suppress(suppression: WindowClose, options?: Named): Stream<WindowValue<K, R>>
  suppress(suppression: Suppression, options?: Named): Stream<Extract<WindowUpdate<K, R>, { readonly type: Types }>>
  suppress(
    suppression: Suppression,
    options?: Named,
  ): Stream<WindowValue<K, R>> | Stream<Extract<WindowUpdate<K, R>, { readonly type: Types }>> {
    const spec = suppressWindows<K, R>(suppression, this.#isPartitionKey, this.#closeDelayMs)
    return new Stream<WindowValue<K, R>>(this.pipeline, this.append(spec, options))
  }
}

export interface EventTimeOptions extends Named {
  /** Which event times are believed. Default: all that are times at all; one that is none stops the job. */
  readonly validTimes?: ValidTimes
}

/** Results of an as-of join, and the versions that came behind the watermark. */
export class AsOfStream<R, O> extends Stream<O> {
  /** Right records behind the watermark: they are kept as versions, but may have come too late for results that are out. */
  lateVersions(): Stream<Late<R>> {
    return this.sideOutput<Late<R>>('lateRight')
  }
}

/** Results of a join, and what came too late for it, by side. */
export class JoinStream<L, R, O> extends Stream<O> {
  /** Records of the left stream that came behind the watermark and found no place, with how late they were. */
  lateLeft(): Stream<Late<L>> {
    return this.sideOutput<Late<L>>('lateLeft')
  }

  lateRight(): Stream<Late<R>> {
    return this.sideOutput<Late<R>>('lateRight')
  }
}

/** What a process function emits, and its side outputs. */
export class ProcessedStream<R, S extends OutputTypes> extends Stream<R> {
  /** A side output that the function declares in `sides`. */
  side<Name extends keyof S & string>(name: Name): Stream<RecordOf<S[Name]>> {
    return this.sideOutput<RecordOf<S[Name]>>(name)
  }
}

export interface MapAsyncOptions<T, R> extends Named, AsyncOptions<T, R> {}
