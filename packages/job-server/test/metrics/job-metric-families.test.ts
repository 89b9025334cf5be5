import type { JobMetrics } from '@rtp/stream-core'
import { describe, expect, it } from 'vitest'
import { jobMetricFamilies } from '../../src/metrics/job-metric-families.ts'
import { processMetricFamilies } from '../../src/metrics/process-metric-families.ts'
import { prometheusText } from '../../src/prometheus.ts'
import { noMetrics } from '../requests.ts'

const now = 1_700_000_100_000

const partition: JobMetrics['sources'][number] = {
  source: 'kafka telemetry.v0',
  partition: 'telemetry.v0/3',
  index: 3,
  task: '3',
  records: 120,
  bytes: 9_000,
  badRecords: 2,
  position: 500,
  lag: 25,
  lastRecordAt: now - 1_500,
  watermark: now - 60_000,
  idle: false,
  waitsForAlignment: false,
}

const operator: JobMetrics['operators'][number] = {
  operator: 'per-minute',
  kind: 'windowAggregate',
  task: '3',
  recordsIn: 120,
  recordsOut: 7,
  lateRecords: 4,
  recordsWithoutWindow: 5,
  invalidTimes: 2,
  quietFirings: 1,
  wallClockClosings: 2,
  missingRetractions: 2,
  watermark: now - 60_000,
}

const busy: JobMetrics = {
  ...noMetrics,
  restarts: 2,
  sources: [
    partition,
    {
      ...partition,
      index: 4,
      task: '4',
      partition: 'telemetry.v0/4',
      lag: undefined,
      lastRecordAt: undefined,
      watermark: Number.NEGATIVE_INFINITY,
    },
  ],
  operators: [
    operator,
    { ...operator, task: '4', watermark: Number.NEGATIVE_INFINITY },
    { ...operator, task: '5', watermark: Number.POSITIVE_INFINITY },
  ],
  sinks: [{ sink: 'postgres telemetry.agg_1min', records: 7, committed: 5, bytes: 640 }],
  checkpoints: {
    completed: 9,
    failed: 1,
    fenced: 1,
    inProgress: true,
    lastPauseMs: 2.5,
    lastDurationMs: 12.5,
    lastStateBytes: 2_048,
    lastFull: true,
    lastCompletedAt: now - 2_000,
  },
}

function lines(metrics: JobMetrics): string[] {
  return prometheusText(jobMetricFamilies(metrics, now)).split('\n')
}

describe('jobMetricFamilies', () => {
  it('names sources by topic and partition, with the end of the partition where the lag is known', () => {
    const labels = '{job="test",operator="kafka telemetry.v0",subtask="3",topic="telemetry.v0",partition="3"'
    expect(lines(busy)).toEqual(
      expect.arrayContaining([
        `rtp_source_records_total${labels}} 120`,
        `rtp_source_bytes_total${labels}} 9000`,
        `rtp_source_lag_records${labels}} 25`,
        `rtp_source_position_offset${labels}} 500`,
        `rtp_source_end_offset${labels}} 525`,
        `rtp_source_last_record_timestamp_seconds${labels}} 1700000098.5`,
        `rtp_source_watermark_timestamp_seconds${labels}} 1700000040`,
        `rtp_source_idle${labels}} 0`,
        `rtp_source_waits_for_alignment${labels}} 0`,
        `rtp_operator_invalid_records_total${labels},reason="bad_record"} 2`,
      ]),
    )
    const other = lines(busy).filter(line => line.includes('partition="4"') && /_(lag|end|last)/.test(line))
    expect(other).toEqual([])
  })

  it('takes the offset out of a position of several fields, and the name of a file as it is', () => {
    const file = {
      ...partition,
      partition: 'data/a.csv',
      index: 0,
      position: { file: 'data/a.csv', line: 3, offset: 77 },
    }
    const found = lines({ ...busy, sources: [file] }).filter(line => /^rtp_source_(position|end)_offset/.test(line))
    expect(found).toEqual([
      'rtp_source_position_offset{job="test",operator="kafka telemetry.v0",subtask="3",topic="data/a.csv",partition="0"} 77',
    ])
  })

  it('gives operators their counters and their watermark in seconds, once there is one', () => {
    const labels = 'job="test",operator="per-minute",subtask="3"'
    expect(lines(busy)).toEqual(
      expect.arrayContaining([
        `rtp_operator_records_in_total{${labels}} 120`,
        `rtp_operator_records_out_total{${labels}} 7`,
        `rtp_operator_late_records_dropped_total{${labels},reason="late"} 4`,
        `rtp_operator_invalid_times_total{${labels}} 2`,
        `rtp_operator_quiet_firings_total{${labels}} 1`,
        `rtp_operator_wall_clock_closings_total{${labels}} 2`,
        `rtp_operator_missing_retractions_total{${labels}} 2`,
        `rtp_operator_output_watermark_timestamp_seconds{${labels}} 1700000040`,
        `rtp_operator_output_watermark_timestamp_seconds{${labels.replace('"3"', '"5"')}} +Inf`,
        `rtp_operator_event_time_lag_seconds{${labels}} 60`,
      ]),
    )
    expect(lines(busy).filter(line => line.includes('subtask="4"') && line.includes('watermark'))).toEqual([])
  })

  it('tells of checkpoints in base units, and of nothing that has not happened', () => {
    expect(lines(busy)).toEqual(
      expect.arrayContaining([
        'rtp_checkpoints_total{job="test",result="completed"} 9',
        'rtp_checkpoints_total{job="test",result="failed"} 1',
        'rtp_checkpoint_in_progress{job="test"} 1',
        'rtp_checkpoint_duration_seconds{job="test"} 0.0125',
        'rtp_checkpoint_size_bytes{job="test"} 2048',
        'rtp_checkpoint_last_success_timestamp_seconds{job="test"} 1700000098',
        'rtp_sink_rows_total{job="test",operator="postgres telemetry.agg_1min"} 5',
        'rtp_sink_fence_conflicts_total{job="test"} 1',
        'rtp_job_restarts_total{job="test"} 2',
      ]),
    )
    expect(lines(noMetrics).filter(line => /duration|size|success/.test(line))).toEqual([])
  })

  it('keeps to the rules of names: own prefix, one series a line, _total for counters alone', () => {
    const families = [...jobMetricFamilies(busy, now), ...processMetricFamilies()]
    for (const { name, type, samples } of families) {
      expect(name).toMatch(/^(rtp|process|nodejs)_[a-z0-9_]+$/)
      expect([name, name.endsWith('_total')]).toEqual([name, type === 'counter'])
      for (const { labels, value } of samples) {
        expect(Object.keys(labels).filter(label => !/^[a-z_]+$/.test(label))).toEqual([])
        expect(Number.isNaN(value)).toBe(false)
      }
    }
    const series = prometheusText(families)
      .split('\n')
      .filter(line => line !== '' && !line.startsWith('#'))
    const names = series.map(line => line.slice(0, line.lastIndexOf(' ')))
    expect(new Set(names).size).toBe(names.length)
  })
})
