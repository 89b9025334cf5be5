import type { Logger } from '../metrics/logger.ts'
import type { Key } from '../state/key.ts'
import type { Clock } from '../time/clock.ts'

/**
 * Where to go on reading a partition: everything that the reader needs to deliver the next record and none twice. A number where an
 * offset is enough (Kafka), else flat data (a CSV file: byte offset and line). Compared by its JSON text, so fields come in a fixed order.
 */
export type Position = number | { readonly [field: string]: number | string }

/**
 * What a connector implements to be read by a job. A source is a value: it opens nothing before `open`, and one source can be opened
 * by several jobs.
 */
export interface Source<T> {
  /** Used for the node's default name, in errors and metrics, e.g. `kafka telemetry.v0`. */
  readonly name: string
  /** True when the source ends by itself. */
  readonly bounded: boolean
  /** False when a position cannot be gone back to, so that a restarted job loses what was read and not committed. Default true. */
  readonly replayable?: boolean
  /** True when records carry a time of their own, so that `withEventTime('record', ...)` is possible. Default false. */
  readonly recordTimes?: boolean
  /** True when processes of one job can each read some of its partitions. Default false: whoever opens it reads all of them. */
  readonly shareable?: boolean
  /** True when the source knows the watermarks of its partitions, so that `withEventTime(..., sourceWatermarks())` is possible. Default false. */
  readonly watermarks?: boolean
  /** What becomes of bad records when nobody takes the side output `badRecords()`. Default 'fail'. */
  readonly onBadRecord?: 'fail' | 'skip'
  /** Called once per run, also when the job restarts from a checkpoint within the process. */
  open(context: SourceContext): Promise<SourceSession<T>>
}

export interface SourceContext {
  /** The job's name: a source that shares its partitions between processes shares them under this name. */
  readonly job: string
  /** Aborted when the job ends; everything that waits gives up then. */
  readonly signal: AbortSignal
  readonly clock: Clock
  readonly logger: Logger
  /** True when the plan runs one task per partition, so that partitions may be shared between processes of the job. */
  readonly shareable: boolean
  /** True when somebody consumes the side output of bad records. */
  readonly keepBadRecords: boolean
}

/** An opened source. */
export interface SourceSession<T> {
  /** Every partition of the source, in the order of their index; fixed while the session is open. */
  readonly partitions: readonly string[]
  /**
   * Tells what is read from another thing of the same name: the id that a broker gives a topic, which is another one once the topic was deleted
   * and made anew. Checkpoints keep it, and positions of other contents are refused. Undefined where the source cannot tell.
   */
  readonly content?: string | undefined
  /**
   * Called once when all sources of the job are open, before `assigned` is asked: what a source shares with other processes, it shares together with
   * the other sources of the job. Resolves when the first assignment is there.
   */
  join?(): Promise<void>
  /** Indexes of the partitions that this process reads now. Sources without sharing leave it out: all of them. */
  assigned?(): readonly number[]
  /**
   * True while a group assigns partitions to the processes of the job. One of them that the store fences takes part again, from its place in the
   * group; without a group, two owners would take the tasks from each other for ever.
   */
  readonly isGroupMember?: boolean
  /** Calls back whenever `assigned()` has changed. The job then checkpoints, gives up its tasks and takes the new ones over. */
  onAssignment?(changed: () => void): void
  /** The partition that a record with this key is in, where keys decide; undefined where they do not. */
  partitionOf?(key: Key): number
  /**
   * Opens one partition. `from` is where the last checkpoint ended, undefined at the very first start. A position that the partition does
   * not hold (any more) is an error, never a silent jump.
   */
  read(partition: number, from: Position | undefined): Promise<PartitionReader<T>>
  close(): Promise<void>
}

export interface PartitionReader<T> {
  /**
   * The next records; waits until there is at least one record or bad record, undefined when the partition has ended. A source that stops
   * at a mark without being at its end (`until: 'end'` of a topic) says so by `ends: 'paused'`. Never called while a call is under way.
   */
  next(): Promise<SourceBatch<T> | undefined>
  /** Where `next` would go on for a job that has read nothing yet; what a first checkpoint stores. */
  readonly start: Position
  /** What the end of this reader means. 'input' (default): no record will ever follow, so every window closes. 'paused': others may follow in a later run. */
  readonly ends?: 'input' | 'paused'
  /** Records between the last one returned and the partition's end, where known. */
  lag?(): number | undefined
  /** Gives up reading; a call of `next` that is under way resolves to undefined. */
  close(): Promise<void>
}

/** Records as a source hands them over: the engine owns the columns from then on and rewrites them. */
export interface SourceBatch<T> {
  readonly values: T[]
  /** Time that the source keeps with each record, epoch ms; undefined where it keeps none. */
  readonly times: Float64Array | undefined
  /** What a source with `watermarks` knows of the partition's event time; others leave it out. */
  readonly marks?: SourceMarks
  /** Offset of each record in its partition: what errors, dead letters and audit columns name. */
  readonly offsets: Float64Array
  readonly size: number
  /** Size of the records at the source, for metrics and checkpoint triggers. */
  readonly bytes: number
  /** The position behind the last record of this batch. */
  readonly next: Position
  /** Records of this stretch that could not be decoded, in order. */
  readonly badRecords: readonly BadRecord[]
}

/** The watermarks of one batch of one partition. They never go back. */
export interface SourceMarks {
  /** Watermark in effect when each record arrived. */
  readonly watermarks: Float64Array
  /** Watermark behind the batch; finite: the end of the input is the end of the reader. */
  readonly watermark: number
  /** True while no record is to be expected, so that the partition holds nobody back. */
  readonly idle: boolean
}

/** A record that could not be decoded or is not what was declared, with its original bytes. */
export interface BadRecord {
  readonly source: string
  readonly partition: string
  readonly partitionIndex: number
  /** Offset in the partition; of a CSV row, the offset in bytes of its first byte. */
  readonly offset: number
  /** Line of a text file, counted from 1; undefined elsewhere. */
  readonly line?: number
  /** Stable code of what is wrong, e.g. `NOT_JSON`, `NUMBER_INVALID`. */
  readonly reason: string
  /** What is wrong in words; names fields, never repeats their content. */
  readonly detail: string
  readonly key?: Uint8Array | undefined
  readonly bytes: Uint8Array
}
