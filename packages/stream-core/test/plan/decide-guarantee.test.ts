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
      sinks: [{ reason: expect.stringContaining('source "lines" cannot go back to where the last checkpoint ended') }],
    })
  })

  it('names everything that stands in the way, not the first thing alone', () => {
    const [{ reason } = { reason: '' }] = guaranteeOf(memoryCheckpointStore(), [plannedSink()], false).sinks
    expect(reason).toMatch(/kept in memory.*; and source "lines" cannot go back/)
  })

  it('is not that of a source whose records never reach the sink', () => {
    const job = pipeline('two branches')
    const inside = { scope: database }
    job.from(plannedSource({ name: 'topic' })).sink(plannedSink({ ...inside, name: 'rows of the topic' }))
    job
      .from(plannedSource({ name: 'socket', replayable: false }))
      .sink(plannedSink({ ...inside, name: 'rows of the socket' }))
    const { level, sinks } = plan(job.name, job.graph.nodes, durableStore(database)).guarantee
    expect(level).toBe('none')
    expect(sinks.map(({ level }) => level)).toEqual(['exactly-once', 'none'])
  })

  it('tells of every iterable whether it can be read again: an array can, a generator or async iterable cannot', () => {
    async function* numbers() {
      yield 1
    }
    const ofIterable = (readable: Iterable<number> | AsyncIterable<number>) => {
      const job = pipeline('of an iterable')
      job.from(readable).sink(plannedSink<number>({ scope: database }))
      return job.plan({ store: durableStore(database) }).guarantee.level
    }
    expect(ofIterable([1, 2])).toBe('exactly-once')
    expect(ofIterable(numbers())).toBe('none')
    expect(ofIterable([1, 2].values())).toBe('none')
  })

  it('names the steps that call something outside, which no transaction takes back', () => {
    const job = pipeline('calls')
    job
      .from(plannedSource<number>())
      .mapAsync(async n => n, { name: 'charge the card' })
      .sink(plannedSink({ scope: database }))
    const { guarantee } = job.plan({ store: durableStore(database) })
    expect(guarantee).toMatchObject({ level: 'exactly-once', calls: [{ step: 'charge the card' }] })
    expect(job.explain({ store: durableStore(database) })).toContain(
      'calls of charge the card: made again after a crash for records since the last checkpoint',
    )
  })

  const STORES = {
    forgetful: memoryCheckpointStore(),
    durable: durableStore(),
    'of the database': durableStore(database),
  }
  const SINKS = {
    'an append': plannedSink(),
    'an upsert': plannedSink({ rewrite: 'idempotent' }),
    'an append of the database': plannedSink({ scope: database }),
    'an upsert of the database': plannedSink({ scope: database, rewrite: 'idempotent' }),
  }

  it.each([
    ['an append', 'forgetful', true, 'none'],
    ['an append', 'durable', true, 'at-least-once'],
    ['an append', 'of the database', true, 'at-least-once'],
    ['an upsert', 'forgetful', true, 'none'],
    ['an upsert', 'durable', true, 'effectively-once'],
    ['an upsert', 'of the database', true, 'effectively-once'],
    ['an append of the database', 'forgetful', true, 'none'],
    ['an append of the database', 'durable', true, 'at-least-once'],
    ['an append of the database', 'of the database', true, 'exactly-once'],
    ['an upsert of the database', 'forgetful', true, 'none'],
    ['an upsert of the database', 'durable', true, 'effectively-once'],
    ['an upsert of the database', 'of the database', true, 'exactly-once'],
    ['an append', 'forgetful', false, 'none'],
    ['an upsert', 'durable', false, 'none'],
    ['an append of the database', 'of the database', false, 'none'],
    ['an upsert of the database', 'of the database', false, 'none'],
  ] as const)('of %s with a store that is %s, input replayable: %s, is %s', (sink, store, replayable, level) => {
    expect(guaranteeOf(STORES[store], [SINKS[sink]], replayable).level).toBe(level)
  })
})
