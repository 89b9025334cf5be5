import {
  type CheckpointMetrics,
  type FailureMetrics,
  type JobMetrics,
  type JobState,
  noCheckpoints,
  type PartitionMetrics,
  type SinkMetrics,
} from '../../metrics/job-metrics.ts'

type Operator = JobMetrics['operators'][number]

/** What one life of a thread has counted, by what it said last. */
interface Life {
  metrics: JobMetrics
  /** Counters of every partition that it has read, those that have moved on included. */
  readonly partitions: Map<string, PartitionMetrics>
  /** When it spoke last: a number that grows with every report. */
  spokeAt: number
}

/** What the threads count that is not of their jobs. */
interface ThreadsAlone {
  readonly job: string
  readonly state: JobState
  readonly startedAt: number
  readonly restarts: number
  readonly failures: readonly FailureMetrics[]
}

/**
 * The metrics of all threads as those of one job. Counters add up over all lives of all threads, so that none goes back when a thread is started
 * again; what describes the present is taken from whoever owns the partition or task, and spoke of it last.
 */
export class MergedMetrics {
  readonly #lives = new Map<string, Life>()
  /** The sums of all lives that are over: however often threads start again, this takes no more room. */
  #past: Life | undefined
  #reports = 0

  /** Takes what a life of a thread says. `life` names it: index and number of the start. */
  report(life: string, metrics: JobMetrics): void {
    const known = this.#lives.get(life) ?? { metrics, partitions: new Map(), spokeAt: 0 }
    known.metrics = metrics
    known.spokeAt = ++this.#reports
    for (const partition of metrics.sources) known.partitions.set(partitionKey(partition), partition)
    this.#lives.set(life, known)
  }

  /** The thread has died: what it has counted stays, and it owns nothing any more. */
  end(life: string): void {
    const dead = this.#lives.get(life)
    if (dead === undefined) return
    this.#lives.delete(life)
    const lives = this.#past === undefined ? [dead] : [this.#past, dead]
    this.#past = {
      metrics: {
        ...dead.metrics,
        restarts: restartsOf(lives),
        failures: mergeFailures(lives.map(({ metrics }) => metrics.failures)),
        sources: [],
        operators: [],
        sinks: mergeSinks(lives),
        checkpoints: { ...mergeCheckpoints(lives), inProgress: false },
      },
      partitions: mergePartitions(lives),
      spokeAt: 0,
    }
  }

  /** Checkpoints that a life has committed. */
  checkpointsOf(life: string): number {
    return this.#lives.get(life)?.metrics.checkpoints.completed ?? 0
  }

  /** All of it together, with what the threads have besides their jobs. */
  of({ job, state, startedAt, restarts, failures }: ThreadsAlone): JobMetrics {
    const past = this.#past === undefined ? [] : [this.#past]
    const lives = [...past, ...this.#lives.values()].sort((a, b) => a.spokeAt - b.spokeAt)
    return {
      job,
      state,
      startedAt,
      restarts: restarts + restartsOf(lives),
      failures: mergeFailures([...lives.map(({ metrics }) => metrics.failures), ...failures]),
      sources: mergeSources(lives),
      operators: mergeOperators(lives),
      sinks: mergeSinks(lives),
      checkpoints: mergeCheckpoints(lives),
    }
  }
}

function partitionKey({ source, index }: PartitionMetrics): string {
  return `${source}/${index}`
}

function restartsOf(lives: readonly Life[]): number {
  return lives.reduce((sum, { metrics }) => sum + metrics.restarts, 0)
}

function mergeFailures(all: readonly FailureMetrics[]): FailureMetrics {
  const byCode: Record<string, number> = {}
  for (const failures of all)
    for (const [code, count] of Object.entries(failures.byCode)) byCode[code] = (byCode[code] ?? 0) + count
  const last = all.flatMap(failures => failures.last).sort((one, other) => one.at - other.at)
  return { byCode, last: last.slice(-MOST_FAILURES) }
}

/** As many as one job keeps. */
const MOST_FAILURES = 10

/** Lives come in the order in which they spoke: the last one to speak of a partition is believed to have it. */
function mergeSources(lives: readonly Life[]): PartitionMetrics[] {
  const counted = mergePartitions(lives)
  const owned = new Map<string, PartitionMetrics>()
  for (const { metrics } of lives) {
    for (const partition of metrics.sources) {
      const key = partitionKey(partition)
      const { records, bytes, badRecords } = counted.get(key)!
      owned.set(key, { ...partition, records, bytes, badRecords })
    }
  }
  return [...owned.values()]
}

function mergePartitions(lives: readonly Life[]): Map<string, PartitionMetrics> {
  const merged = new Map<string, PartitionMetrics>()
  for (const { partitions } of lives) {
    for (const [key, partition] of partitions) {
      const { records, bytes, badRecords } = partition
      const sum = merged.get(key)
      if (sum === undefined) merged.set(key, { ...partition })
      else {
        sum.records += records
        sum.bytes += bytes
        sum.badRecords += badRecords
      }
    }
  }
  return merged
}

function mergeOperators(lives: readonly Life[]): Operator[] {
  const merged = new Map<string, Operator>()
  for (const { metrics } of lives) {
    for (const operator of metrics.operators) merged.set(JSON.stringify([operator.task, operator.operator]), operator)
  }
  return [...merged.values()]
}

function mergeSinks(lives: readonly Life[]): SinkMetrics[] {
  const merged = new Map<string, SinkMetrics>()
  for (const { metrics } of lives) {
    for (const { sink, records, committed, bytes } of metrics.sinks) {
      const sum = merged.get(sink) ?? { sink, records: 0, committed: 0, bytes: 0 }
      sum.records += records
      sum.committed += committed
      sum.bytes += bytes
      merged.set(sink, sum)
    }
  }
  return [...merged.values()]
}

function mergeCheckpoints(lives: readonly Life[]): CheckpointMetrics {
  const merged: CheckpointMetrics = noCheckpoints()
  for (const { metrics } of lives) {
    const { completed, failed, fenced, inProgress, ...last } = metrics.checkpoints
    const { lastPauseMs, lastDurationMs, lastStateBytes, lastFull, lastCompletedAt } = last
    merged.completed += completed
    merged.failed += failed
    merged.fenced += fenced
    merged.inProgress ||= inProgress
    if (lastCompletedAt === undefined || lastCompletedAt < (merged.lastCompletedAt ?? Number.NEGATIVE_INFINITY))
      continue
    Object.assign(merged, { lastPauseMs, lastDurationMs, lastStateBytes, lastFull, lastCompletedAt })
  }
  return merged
}
