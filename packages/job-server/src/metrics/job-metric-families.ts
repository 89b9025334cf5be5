import type { CheckpointMetrics, JobMetrics, JobState, PartitionMetrics } from '@rtp/stream-core'
import type { MetricFamily, MetricSample } from '../prometheus.ts'

/**
 * What a job counts, with Flink's meanings under Prometheus' names. Labels: `job`; `operator`, a node's name; `subtask`, the task; `topic` and
 * `partition` of a source. Never a key of records: there may be millions. Times are in seconds; `now` is epoch milliseconds.
 */
export function jobMetricFamilies(metrics: JobMetrics, now: number): MetricFamily[] {
  const job = { job: metrics.job }
  return [
    gauge('rtp_job_state', '1 for the state that the job is in.', stateSamples(metrics)),
    gauge('rtp_job_start_timestamp_seconds', 'When the job was started.', [one(job, metrics.startedAt / 1_000)]),
    counter('rtp_job_restarts_total', 'Restarts from the last checkpoint after a failure.', [
      one(job, metrics.restarts),
    ]),
    counter(
      'rtp_job_failures_total',
      "Attempts of the job that failed, by the error's code; the job restarts after those that may pass.",
      Object.entries(metrics.failures.byCode).map(([code, failures]) => one({ ...job, code }, failures)),
    ),
    gauge(
      'rtp_job_last_failure_timestamp_seconds',
      'When an attempt of the job last failed.',
      some(job, seconds(metrics.failures.last.at(-1)?.at)),
    ),
    ...sourceFamilies(metrics),
    ...operatorFamilies(metrics, now),
    ...sinkFamilies(metrics),
    ...checkpointFamilies(job, metrics.checkpoints),
  ]
}

const STATES: readonly JobState[] = ['starting', 'running', 'restarting', 'stopping', 'finished', 'stopped', 'failed']

function stateSamples({ job, state }: JobMetrics): MetricSample[] {
  return STATES.map(other => one({ job, state: other }, other === state ? 1 : 0))
}

function sourceFamilies({ job, sources }: JobMetrics): MetricFamily[] {
  const of = (value: (partition: PartitionMetrics) => number | undefined) =>
    sources.flatMap(partition => some(partitionLabels(job, partition), value(partition)))
  return [
    counter(
      'rtp_source_records_total',
      'Records read.',
      of(({ records }) => records),
    ),
    counter(
      'rtp_source_bytes_total',
      'Bytes read, as the source counts them.',
      of(({ bytes }) => bytes),
    ),
    counter(
      'rtp_operator_invalid_records_total',
      'Records that could not be decoded or are not what was declared.',
      sources.map(partition => one({ ...partitionLabels(job, partition), reason: 'bad_record' }, partition.badRecords)),
    ),
    gauge(
      'rtp_source_lag_records',
      "Records between the position and the partition's end.",
      of(({ lag }) => lag),
    ),
    gauge('rtp_source_position_offset', 'Offset behind the last record read.', of(offsetOf)),
    gauge('rtp_source_end_offset', "The partition's end.", of(endOf)),
    gauge(
      'rtp_source_last_record_timestamp_seconds',
      'When the last record came.',
      of(({ lastRecordAt }) => seconds(lastRecordAt)),
    ),
    gauge(
      'rtp_source_watermark_timestamp_seconds',
      "Event time that the partition's own watermark has reached.",
      of(({ watermark }) => (watermark === Number.NEGATIVE_INFINITY ? undefined : seconds(watermark))),
    ),
    gauge(
      'rtp_source_idle',
      "1 while the partition holds back nobody's watermark.",
      of(({ watermark, idle }) => (watermark === undefined ? undefined : Number(idle))),
    ),
    gauge(
      'rtp_source_waits_for_alignment',
      '1 while the partition is not read because it is ahead of others in event time.',
      of(({ watermark, waitsForAlignment }) => (watermark === undefined ? undefined : Number(waitsForAlignment))),
    ),
  ]
}

function operatorFamilies({ job, operators }: JobMetrics, now: number): MetricFamily[] {
  type Operator = JobMetrics['operators'][number]
  const of = (value: (operator: Operator) => number | undefined, more: Readonly<Record<string, string>> = {}) =>
    operators.flatMap(operator =>
      some({ job, operator: operator.operator, subtask: operator.task, ...more }, value(operator)),
    )
  return [
    counter(
      'rtp_operator_records_in_total',
      'Records that came in.',
      of(({ recordsIn }) => recordsIn),
    ),
    counter(
      'rtp_operator_records_out_total',
      'Records that went out.',
      of(({ recordsOut }) => recordsOut),
    ),
    counter(
      'rtp_operator_late_records_dropped_total',
      'Records too late for their window: in the late output, if there is one.',
      of(({ lateRecords }) => lateRecords, { reason: 'late' }),
    ),
    counter(
      'rtp_operator_records_without_window_total',
      'Records between sampling windows, which belong to none.',
      of(({ recordsWithoutWindow }) => recordsWithoutWindow),
    ),
    counter(
      'rtp_operator_invalid_times_total',
      'Records whose event time was not valid: in invalidTimes(), if somebody takes it.',
      of(({ invalidTimes }) => invalidTimes),
    ),
    counter(
      'rtp_operator_quiet_firings_total',
      'Windows emitted by the wall clock because no record came.',
      of(({ quietFirings }) => quietFirings),
    ),
    counter(
      'rtp_operator_wall_clock_closings_total',
      'Windows of keys that the wall clock closed before the watermark did.',
      of(({ wallClockClosings }) => wallClockClosings),
    ),
    counter(
      'rtp_operator_missing_retractions_total',
      'Changes that took back a row which was not there.',
      of(({ missingRetractions }) => missingRetractions),
    ),
    gauge(
      'rtp_operator_output_watermark_timestamp_seconds',
      'Event time that the output has reached; +Inf once the input has ended.',
      of(({ watermark }) => (watermark === Number.NEGATIVE_INFINITY ? undefined : watermark / 1_000)),
    ),
    gauge(
      'rtp_operator_event_time_lag_seconds',
      'How far the output watermark is behind the wall clock.',
      of(({ watermark }) => (Number.isFinite(watermark) ? (now - watermark) / 1_000 : undefined)),
    ),
  ]
}

function sinkFamilies({ job, sinks, checkpoints }: JobMetrics): MetricFamily[] {
  const of = (value: (sink: JobMetrics['sinks'][number]) => number) =>
    sinks.map(sink => one({ job, operator: sink.sink }, value(sink)))
  return [
    counter(
      'rtp_sink_records_in_total',
      'Records handed to the sink.',
      of(({ records }) => records),
    ),
    counter(
      'rtp_sink_rows_total',
      'Records in committed checkpoints.',
      of(({ committed }) => committed),
    ),
    counter(
      'rtp_sink_bytes_total',
      'Bytes in committed checkpoints.',
      of(({ bytes }) => bytes),
    ),
    counter('rtp_sink_fence_conflicts_total', 'Commits refused because another process owns the task.', [
      one({ job }, checkpoints.fenced),
    ]),
  ]
}

function checkpointFamilies(job: { readonly job: string }, checkpoints: CheckpointMetrics): MetricFamily[] {
  const { completed, failed, inProgress, lastPauseMs, lastDurationMs, lastStateBytes, lastCompletedAt } = checkpoints
  return [
    counter('rtp_checkpoints_total', 'Checkpoints by their result.', [
      one({ ...job, result: 'completed' }, completed),
      one({ ...job, result: 'failed' }, failed),
    ]),
    gauge('rtp_checkpoint_in_progress', '1 while a checkpoint is being committed.', [one(job, inProgress ? 1 : 0)]),
    gauge('rtp_checkpoint_pause_seconds', 'How long records waited for the last cut.', some(job, seconds(lastPauseMs))),
    gauge('rtp_checkpoint_duration_seconds', 'Duration of the last checkpoint.', some(job, seconds(lastDurationMs))),
    gauge('rtp_checkpoint_size_bytes', 'State that the last checkpoint wrote.', some(job, lastStateBytes)),
    gauge(
      'rtp_checkpoint_last_success_timestamp_seconds',
      'When the last checkpoint was committed.',
      some(job, seconds(lastCompletedAt)),
    ),
  ]
}

/** A partition's name ends with its number where it is one of many, as in `telemetry.v0/3`. */
function partitionLabels(job: string, { source, partition, index, task }: PartitionMetrics): Record<string, string> {
  const suffix = `/${index}`
  const topic = partition.endsWith(suffix) ? partition.slice(0, -suffix.length) : partition
  return { job, operator: source, subtask: task, topic, partition: String(index) }
}

function offsetOf({ position }: PartitionMetrics): number | undefined {
  if (typeof position === 'number') return position
  const { offset } = position as { readonly offset?: unknown }
  return typeof offset === 'number' ? offset : undefined
}

/** Only where positions count records can the lag be added to one. */
function endOf({ position, lag }: PartitionMetrics): number | undefined {
  return typeof position === 'number' && lag !== undefined ? position + lag : undefined
}

function seconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : ms / 1_000
}

function one(labels: Readonly<Record<string, string>>, value: number): MetricSample {
  return { labels, value }
}

function some(labels: Readonly<Record<string, string>>, value: number | undefined): MetricSample[] {
  return value === undefined ? [] : [{ labels, value }]
}

function counter(name: string, help: string, samples: readonly MetricSample[]): MetricFamily {
  return { name, help, type: 'counter', samples }
}

function gauge(name: string, help: string, samples: readonly MetricSample[]): MetricFamily {
  return { name, help, type: 'gauge', samples }
}
