import { describe, expect, it } from 'vitest'
import { type CheckpointStore, memoryCheckpointStore, pipeline } from '../../src/index.ts'
import type { SharingDecision } from '../../src/plan/physical-plan.ts'
import { plan } from '../../src/plan/planner.ts'
import { durableStore, plannedSink, plannedSource } from './stores.ts'

interface Choice {
  readonly partitionKey?: boolean
  readonly shareable?: boolean
  readonly store?: CheckpointStore
}

const sharedStore = { ...durableStore(), shareable: true }

function sharingOf({ partitionKey = true, shareable = true, store = sharedStore }: Choice): SharingDecision {
  const job = pipeline('sharing')
  job
    .from(plannedSource<string>({ shareable }), { name: 'words' })
    .keyBy(word => word, { partitionKey })
    .reduce(one => one, { name: 'last' })
    .sink(plannedSink())
  return plan(job.name, job.graph.nodes, store).sharing
}

describe('whether processes can share a job', () => {
  it('is yes where there are tasks to divide, a source that divides them and a store that all reach', () => {
    expect(sharingOf({})).toEqual({
      possible: true,
      reason: 'each task belongs to the process that reads its partitions',
    })
  })

  it('is no where one task must see everything', () => {
    expect(sharingOf({ partitionKey: false })).toMatchObject({
      possible: false,
      reason: expect.stringContaining('it is one task: the key of "last" is not declared'),
    })
  })

  it('is no where a source gives all of itself to whoever opens it', () => {
    expect(sharingOf({ shareable: false })).toMatchObject({
      possible: false,
      reason: expect.stringContaining('whoever opens the source "words" (readings) reads all of it'),
    })
  })

  it('is no where state stays with its process', () => {
    expect(sharingOf({ store: memoryCheckpointStore() })).toMatchObject({
      possible: false,
      reason: expect.stringContaining('nobody else sees memory checkpoints'),
    })
    expect(sharingOf({ store: durableStore() })).toMatchObject({
      possible: false,
      reason: expect.stringContaining('disk belong to one process at a time'),
    })
  })
})
