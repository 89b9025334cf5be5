import { describe, expect, it } from 'vitest'
import type { CheckpointMetrics, JobMetrics, PartitionMetrics } from '../../../src/index.ts'
import { MergedMetrics } from '../../../src/runtime/threads/merged-metrics.ts'

describe('metrics of several threads', () => {
  it('add their counters up and take the present from whoever has a partition', () => {
    const merged = new MergedMetrics()
    merged.report(
      '0/0',
      metrics({ sources: [partition(0, 10, 10), partition(1, 4, 4)], committed: 14, checkpoints: 2 }),
    )
    merged.report('1/0', metrics({ sources: [partition(2, 7, 7)], committed: 7, checkpoints: 1 }))
    expect(sourcesOf(merged)).toEqual([
      [0, 10, 10],
      [1, 4, 4],
      [2, 7, 7],
    ])
    // Partition 1 moves from the first thread to the second, which the first has not said yet.
    merged.report('1/0', metrics({ sources: [partition(2, 9, 9), partition(1, 3, 7)], committed: 12, checkpoints: 3 }))
    expect(sourcesOf(merged)).toContainEqual([1, 7, 7])
    merged.report('0/0', metrics({ sources: [partition(0, 12, 12)], committed: 16, checkpoints: 3 }))
    expect(sourcesOf(merged)).toEqual([
      [0, 12, 12],
      [1, 7, 7],
      [2, 9, 9],
    ])
    const { sinks, checkpoints, restarts } = all(merged)
    expect(sinks).toEqual([{ sink: 'rows', records: 28, committed: 28, bytes: 0 }])
    expect(checkpoints).toMatchObject({ completed: 6, lastCompletedAt: 3 })
    expect(restarts).toBe(5)
  })

  it('keep what a thread has counted that died, and leave it nothing', () => {
    const merged = new MergedMetrics()
    for (let life = 0; life < 3; life++) {
      merged.report(
        `0/${life}`,
        metrics({ sources: [partition(0, 10, 10 * (life + 1))], committed: 8, checkpoints: 1 }),
      )
      expect(merged.checkpointsOf(`0/${life}`)).toBe(1)
      merged.end(`0/${life}`)
      expect(all(merged)).toMatchObject({ sources: [], operators: [], checkpoints: { inProgress: false } })
    }
    merged.report('1/0', metrics({ sources: [partition(0, 5, 35)], committed: 5, checkpoints: 1 }))
    expect(sourcesOf(merged)).toEqual([[0, 35, 35]])
    expect(all(merged).sinks[0]!.committed).toBe(29)
    expect(all(merged).checkpoints.completed).toBe(4)
  })
})

function all(merged: MergedMetrics): JobMetrics {
  return merged.of({ job: 'job', state: 'running', startedAt: 0, restarts: 5, failures: [] })
}

function sourcesOf(merged: MergedMetrics): unknown[] {
  return all(merged)
    .sources.map(({ index, records, position }) => [index, records, position])
    .sort()
}

interface Told {
  readonly sources: PartitionMetrics[]
  readonly committed: number
  readonly checkpoints: number
}

function metrics({ sources, committed, checkpoints }: Told): JobMetrics {
  const told: CheckpointMetrics = {
    completed: checkpoints,
    failed: 0,
    fenced: 0,
    inProgress: true,
    lastPauseMs: 1,
    lastDurationMs: 1,
    lastStateBytes: 1,
    lastFull: true,
    lastCompletedAt: checkpoints,
  }
  return {
    job: 'job',
    state: 'running',
    startedAt: 0,
    restarts: 0,
    failures: { byCode: {}, last: [] },
    sources,
    operators: [],
    sinks: [{ sink: 'rows', records: committed, committed, bytes: 0 }],
    checkpoints: told,
  }
}

function partition(index: number, records: number, position: number): PartitionMetrics {
  return {
    source: 'numbers',
    partition: `numbers/${index}`,
    index,
    task: String(index),
    records,
    bytes: 0,
    badRecords: 0,
    position,
    lag: undefined,
    lastRecordAt: undefined,
    watermark: undefined,
    idle: false,
    waitsForAlignment: false,
  }
}
