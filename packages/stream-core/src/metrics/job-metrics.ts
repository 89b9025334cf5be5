import type { Position } from '../connectors/source.ts'
import type { Place } from '../errors.ts'
import type { OperatorMetrics } from './operator-metrics.ts'

export type JobState = 'starting' | 'running' | 'restarting' | 'stopping' | 'finished' | 'stopped' | 'failed'

/** A snapshot of everything that a job counts, since the process started it. Times are epoch ms. */
export interface JobMetrics {
  readonly job: string
  readonly state: JobState
  readonly startedAt: number
  /** Restarts from the last checkpoint after a failure. */
  readonly restarts: number
  readonly failures: FailureMetrics
  readonly sources: readonly PartitionMetrics[]
  readonly operators: readonly (OperatorMetrics & {
    readonly operator: string
    readonly kind: string
    readonly task: string
  })[]
  readonly sinks: readonly SinkMetrics[]
  readonly checkpoints: CheckpointMetrics
}

/** Why attempts of the job have failed. */
export interface FailureMetrics {
  /** How often, by the error's code; `UNEXPECTED` for errors that are no StreamError. */
  readonly byCode: { readonly [code: string]: number }
  /** The last ten, latest last. */
  readonly last: readonly JobFailure[]
}

export interface JobFailure {
  /** Epoch ms. */
  readonly at: number
  readonly code: string
  /** What happened, where, what to do; cut off behind 1,000 characters. */
  readonly message: string
  readonly place: Place
  /** Whether trying again may help. */
  readonly retryable: boolean
  /** Delay until the attempt after it, ms; undefined for the failure that ended the job. */
  readonly restartInMs: number | undefined
}

export interface PartitionMetrics {
  readonly source: string
  readonly partition: string
  readonly index: number
  readonly task: string
  records: number
  bytes: number
  badRecords: number
  position: Position
  /** Records between the position and the partition's end, where the source knows it. */
  lag: number | undefined
  /** Wall-clock time of the last record; undefined before the first. */
  lastRecordAt: number | undefined
  /** Event time of the partition's own watermark, epoch ms, -Infinity before any; undefined where the pipeline has no event time. */
  watermark: number | undefined
  /** True while the partition holds back nobody's watermark. */
  idle: boolean
  /** True while it is not read because it is too far ahead of others in event time. */
  waitsForAlignment: boolean
}

export interface SinkMetrics {
  readonly sink: string
  /** Records handed to the sink. */
  records: number
  /** Records in committed checkpoints. */
  committed: number
  bytes: number
}

export interface CheckpointMetrics {
  completed: number
  failed: number
  /** Commits refused because another process owns the task. */
  fenced: number
  inProgress: boolean
  /** How long the tasks of the process stood still for the last cut: records waited, and so did everything else of the thread. */
  lastPauseMs: number | undefined
  /** From the cut to the store's answer. */
  lastDurationMs: number | undefined
  /** Snapshot bytes of the last one. */
  lastStateBytes: number | undefined
  lastFull: boolean | undefined
  lastCompletedAt: number | undefined
}

/** Before the first checkpoint. */
export function noCheckpoints(): CheckpointMetrics {
  return {
    completed: 0,
    failed: 0,
    fenced: 0,
    inProgress: false,
    lastPauseMs: undefined,
    lastDurationMs: undefined,
    lastStateBytes: undefined,
    lastFull: undefined,
    lastCompletedAt: undefined,
  }
}
