import type { Batch, Origin } from '../batch/batch.ts'
import type { OperatorMetrics } from '../metrics/operator-metrics.ts'
import type { Key } from '../state/key.ts'
import type { StateReader } from '../state/state-reader.ts'
import type { StateWriter } from '../state/state-writer.ts'
import type { WatermarkAlignment } from '../time/watermark-policy.ts'

/** Where an operator puts its results: the next operators, or nothing. */
export interface Output<T> {
  /** Hands a batch on; it is lent for this call. */
  push(batch: Batch<T>): void
}

/**
 * One running copy of an operator, fed by one task. Synchronous: I/O belongs in sources, sinks and asynchronous operators.
 *
 * Calling protocol: `restore` (none or several times, oldest first) and, after the last, `restored`; then `onBatch` for every batch of every
 * input, with `snapshot` and steps of a `sweep` between any two. An operator never reads the wall clock, and its output depends on the order of records and watermarks alone,
 * never on where batches end.
 */
export interface Operator<In> {
  /**
   * Works on a batch and pushes what results from it; always pushes the watermark on when it has advanced. `input` counts from 0. Declared as a
   * field, because TypeScript lets a method take too narrow a record.
   */
  readonly onBatch: (batch: Batch<In>, input: number) => void
  /**
   * No record has come for `quietAfterMs` of the spec, or the source has paused: emit what is complete as far as anyone can tell, and
   * keep what a later record would still change.
   */
  onQuiet?(): void
  /**
   * Wall-clock time has reached `time`, epoch ms: called before every batch, and when `nextProcessingTime` is reached, if the spec says
   * `usesProcessingTime`. The only way in which an operator learns the wall clock; it may push results. A clock that is set back comes as the
   * highest time so far. One that `waits` is told monotonic ms instead: what it measures must not stand still while a clock is set back.
   */
  onProcessingTime?(time: number): void
  /** Wall-clock time at which `onProcessingTime` is needed next, epoch ms; +Infinity or left out: at no time of its own. */
  readonly nextProcessingTime?: number
  /** What the operator waits for, for `job.why()`: of one key or window where the question names one. */
  inspect?(question: Inspection): InspectionAnswer | undefined
  /** How far a source partition is in event time, where the operator makes its watermark; undefined for one that it does not read. */
  progressOf?(origin: Origin): PartitionProgress | undefined
  /** Writes state: all of it, or only what has changed since the last snapshot. What it wrote must restore to the same behaviour. */
  snapshot?(state: StateWriter, scope: SnapshotScope): void
  /** Takes state that `snapshot` wrote: one that holds all, or the pieces of a sweep, then changes in order. */
  restore?(state: StateReader): void
  /** No further snapshot will be restored: what follows from them as a whole is made now, once. */
  restored?(): void
  /**
   * Begins a sweep over the whole state, for state so large that writing all of it at once would stop the records for too long. Without it, the
   * operator is asked for a snapshot of everything instead.
   */
  sweep?(): StateSweep
}

/**
 * Writes state entry by entry while records go on changing it. An entry that stays from the beginning of the sweep to its end is in one of its
 * pieces, as it was at that moment; one that comes or goes meanwhile may be. What was changed since the last snapshot stays so: sweeps and snapshots
 * do not know of each other.
 *
 * The pieces in order, then every snapshot of changes since the sweep began, restore to what there is. So a change must be told in full, or
 * in a way that does no harm where it has been made already; and one that takes away an entry that was never there must do nothing.
 */
export interface StateSweep {
  /** Writes up to `most` further entries, as a snapshot of changes would. Returns false when there was none left; what it wrote then is of no use. */
  next(state: StateWriter, most: number): boolean
}

/** What is asked of an operator by `inspect`. */
export interface Inspection {
  readonly key?: Key | undefined
  /** Start of the window, epoch ms. */
  readonly windowStart?: number | undefined
}

/** Why an operator holds something back: sentences for people, and the figures in them. */
export interface InspectionAnswer {
  readonly text: string
  /** The operator's watermark, epoch ms; -Infinity before any. */
  readonly watermark?: number
  /** The watermark at which it goes on, epoch ms. */
  readonly waitsFor?: number
  /** Event times of the records that are held, epoch ms, by what they are held for, e.g. `left` and `right`. */
  readonly held?: Readonly<Record<string, readonly number[]>>
}

/** How far a source partition is in event time. */
export interface PartitionProgress {
  /** Epoch ms; -Infinity before any. */
  readonly watermark: number
  /** True while it holds back nobody's watermark. */
  readonly idle: boolean
  /** True for the one partition that keeps the step's watermark from advancing. */
  readonly holdsBack: boolean
}

export type SnapshotScope = 'all' | 'changes'

/** An operator that waits for something between `onBatch` and its output; it cuts the fused chain in two. */
export interface AsyncOperator<In> extends Operator<In> {
  /** Undefined while it can take more; else resolves when it can. */
  ready(): Promise<void> | undefined
  /** Resolves when everything taken so far has been pushed on. The end of the input waits for it; a checkpoint, unless `snapshotsInFlight`. */
  drain(): Promise<void> | undefined
  /** Throws what made a call fail between two calls by the runtime. */
  check?(): void
  /** True when `snapshot` holds what is not pushed on yet, so that a checkpoint need not wait for it. Asked right before a checkpoint. */
  snapshotsInFlight?(): boolean
  /** Gives up what is under way: the task has ended. */
  close?(): void
}

/** What the graph holds: plain data and a way to start a fresh copy. */
export interface OperatorSpec<In, Out> {
  /** The operator's kind, e.g. `map`; also the default name of its node. */
  readonly kind: string
  /** True when it keeps the user's state: it then needs a name of the user's under which the state is stored. */
  readonly stateful?: boolean
  /** True when it cannot work without event time. */
  readonly needsEventTime?: boolean
  /** True when it gives records event time and watermarks. */
  readonly assignsEventTime?: boolean
  /** True when it goes by the watermarks that the source knows. */
  readonly takesSourceWatermarks?: boolean
  /** Set when the operator works per key: its records must be in the task that owns the key. */
  readonly key?: KeySelector<In>
  /** Instead of `key`, for an operator with several keyed inputs: one for each input, in their order. */
  readonly keys?: readonly KeySelector<never>[]
  /** True when every task would have to see all records of one of its inputs (a broadcast one): the plan then runs one task. */
  readonly needsAllRecords?: boolean
  /** Names of side outputs, besides the main one. */
  readonly sideOutputs?: readonly string[]
  /** Wall-clock milliseconds without a record in the task after which `onQuiet` is called. */
  readonly quietAfterMs?: number
  /** True when the operator is told wall-clock time: its results then depend on when the job ran. */
  readonly usesProcessingTime?: boolean
  /** Wall-clock milliseconds without a record after which a source partition upstream counts as idle. */
  readonly idleAfterMs?: number
  /** Source partitions upstream are not read while they are too far ahead of the slowest one of the group. */
  readonly alignment?: WatermarkAlignment
  /** True when `start` makes an `AsyncOperator`. */
  readonly waits?: boolean
  /** One line for explain(), e.g. `size 1 min, allowed lateness 1 h`. */
  readonly detail?: string
  /** Sentences for `stream.explain()`: how it makes watermarks, or what makes it emit and forget. */
  readonly notes?: readonly string[]
  start(context: OperatorContext<Out>): Operator<In> | AsyncOperator<In>
}

/** How a key is taken from a record. */
export interface KeySelector<T> {
  readonly of: (value: T) => Key
  /** True when the caller declares that the source is partitioned by this key; the runtime checks a sample. */
  readonly isPartitionKey: boolean
}

/** What the runtime gives to a starting operator. */
export interface OperatorContext<Out> {
  /** The node's name. */
  readonly name: string
  readonly output: Output<Out>
  /** A side output; undefined when nobody consumes it, so that nothing need be made for it. */
  side(name: string): Output<unknown> | undefined
  /** Source partitions that this task reads, upstream of the operator. */
  readonly origins: readonly Origin[]
  readonly metrics: OperatorMetrics
  /** Throws USER_FUNCTION_FAILED, or the cause itself where it is a StreamError, with the place of record `at` of the batch. */
  fail(cause: unknown, batch: Batch<unknown>, at: number): never
  /**
   * For an asynchronous operator: something has happened between two calls by the runtime. A call has failed (`check` then throws), or
   * `nextProcessingTime` has come nearer. Left out where nobody listens.
   */
  readonly wake?: () => void
  /** Throws when the key belongs to a partition that this task does not read. Cheap, but meant for new keys only. */
  checkOwner(key: Key): void
}
