import { describe, expect, it } from 'vitest'
import type { Sink } from '../../src/connectors/sink.ts'
import { type CheckpointStore, memoryCheckpointStore, pipeline } from '../../src/index.ts'
import { plan } from '../../src/plan/planner.ts'
import { durableStore, plannedSink, plannedSource } from './stores.ts'

const database = { name: 'the database' }

function guaranteeOf(store: CheckpointStore, sinks: readonly Sink<unknown>[], replayable = true) {
  const job = pipeline('guaranteed')
  const stream = job.from(plannedSource<unknown>({ name: 'lines', replayable }))
  for (const sink of sinks) stream.sink(sink)
  return plan(job.name, job.graph.nodes, store).guarantee
}

describe('the delivery guarantee', () => {
  it('is exactly-once where the sink is in the transaction of the checkpoint, of that very database', () => {
    const inside = plannedSink({ scope: database })
    expect(guaranteeOf(durableStore(database), [inside])).toMatchObject({
      level: 'exactly-once',
      sinks: [{ sink: 'rows', reason: 'written in the transaction of the checkpoint (the database)' }],
    })
    expect(guaranteeOf(durableStore({ ...database }), [inside]).level).toBe('at-least-once')
    expect(guaranteeOf(durableStore(), [inside]).level).toBe('at-least-once')
    expect(guaranteeOf(durableStore(), [plannedSink()]).level).toBe('at-least-once')
  })

  it('is effectively-once where a sink outside of it writes the same again', () => {
    expect(guaranteeOf(durableStore(), [plannedSink({ rewrite: 'idempotent' })]).level).toBe('effectively-once')
  })

  it('is that of the weakest sink, and each sink has its own', () => {
    const sinks = [
      plannedSink({ name: 'inside', scope: database }),
      plannedSink({ name: 'upserts', rewrite: 'idempotent' }),
      plannedSink({ name: 'log' }),
    ]
    const { level, sinks: judged } = guaranteeOf(durableStore(database), sinks)
    expect(level).toBe('at-least-once')
    expect(judged.map(one => `${one.sink}: ${one.level}`)).toEqual([
      'inside: exactly-once',
      'upserts: effectively-once',
      'log: at-least-once',
    ])
  })

  it('is none where the store forgets with the process, or the source cannot go back', () => {
    expect(guaranteeOf(memoryCheckpointStore(), [plannedSink()])).toMatchObject({
      level: 'none',
      sinks: [{ reason: expect.stringContaining('gone with the process; pass a durable checkpoint store') }],
    })
    expect(guaranteeOf(durableStore(database), [plannedSink({ scope: database })], false)).toMatchObject({
      level: 'none',
      sinks: [{ reason: 'source "lines" cannot go back to where the last checkpoint ended' }],
    })
  })
})
