import { describe, expect, it } from 'vitest'
import type { OperatorSpec } from '../../src/extend.ts'
import { boundedOutOfOrderness, count, memoryCheckpointStore, type Pipeline, pipeline } from '../../src/index.ts'
import { plan } from '../../src/plan/planner.ts'
import { plannedSink, plannedSource } from './stores.ts'

interface Reading {
  readonly sensor: string
  readonly at: number
}

function tasksOf(build: (job: Pipeline) => unknown) {
  const job = pipeline('tasks')
  build(job)
  return plan(job.name, job.graph.nodes, memoryCheckpointStore()).tasks
}

const stateful: OperatorSpec<Reading, Reading> = {
  kind: 'dedupe',
  stateful: true,
  start: ({ output }) => ({ onBatch: batch => output.push(batch) }),
}

describe('the cut into tasks', () => {
  it('is one for each partition where no step needs records of another', () => {
    const tasks = tasksOf(job =>
      job
        .from(plannedSource<Reading>())
        .map(r => r.at)
        .sink(plannedSink()),
    )
    expect(tasks).toEqual({ mode: 'perPartition', reason: 'no operator needs records of other partitions' })
  })

  it('is one for each partition where the key is declared to be the partition key', () => {
    const tasks = tasksOf(job =>
      job
        .from(plannedSource<Reading>())
        .withEventTime(r => r.at, boundedOutOfOrderness(0))
        .keyBy(r => r.sensor, { partitionKey: true })
        .tumblingWindow(10, { name: 'per-minute' })
        .aggregate({ n: count() })
        .sink(plannedSink()),
    )
    expect(tasks).toEqual({
      mode: 'perPartition',
      reason: 'the key of "per-minute" is declared to be the partition key',
    })
  })

  it('is one task for all where one key is not, and says which', () => {
    const tasks = tasksOf(job => {
      const stream = job.from(plannedSource<Reading>())
      stream
        .keyBy(r => r.sensor, { partitionKey: true })
        .reduce((_, r) => r, { name: 'latest' })
        .sink(plannedSink())
      stream
        .keyBy(r => r.at % 10)
        .reduce((_, r) => r, { name: 'by-digit' })
        .sink(plannedSink())
    })
    expect(tasks.mode).toBe('single')
    expect(tasks.reason).toContain('the key of "by-digit" is not declared to be the partition key')
  })

  it('is one task for all where a step keeps state across keys', () => {
    const tasks = tasksOf(job => job.from(plannedSource<Reading>()).process(stateful).sink(plannedSink()))
    expect(tasks).toEqual({ mode: 'single', reason: '"dedupe" keeps state across all records' })
  })

  it('of several sources with one partition key reads partition i of each together', () => {
    const tasks = tasksOf(job =>
      job
        .from(plannedSource<Reading>())
        .union(job.from(plannedSource<Reading>()))
        .keyBy(r => r.sensor, { partitionKey: true })
        .reduce((_, r) => r, { name: 'latest' })
        .sink(plannedSink()),
    )
    expect(tasks.mode).toBe('perPartition')
    expect(tasks.reason).toContain('task i reads partition i of every source')
  })

  it('is one for all of several sources that no partition key ties together', () => {
    const tasks = tasksOf(job =>
      job.from(plannedSource<Reading>()).union(job.from(plannedSource<Reading>())).sink(plannedSink()),
    )
    expect(tasks.mode).toBe('single')
  })
})
