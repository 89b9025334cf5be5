import { describe, expect, it } from 'vitest'
import {
  boundedOutOfOrderness,
  count,
  hours,
  max,
  mean,
  minutes,
  pipeline,
  seconds,
  withIdleness,
} from '../../src/index.ts'
import { durableStore, plannedSink, plannedSource } from './stores.ts'

interface Reading {
  readonly sensor: string
  readonly at: number
  readonly celsius: number
}

const database = { name: 'the database' }

function perMinute() {
  const job = pipeline('telemetry')
  const readings = job.from(plannedSource<Reading>({ name: 'kafka telemetry.v0', shareable: true }), {
    name: 'readings',
  })
  readings.badRecords().sink(plannedSink({ name: 'dead letters', scope: database }))
  const minutesOf = readings
    .mapAsync(async r => r, { name: 'enrich', concurrency: 4 })
    .withEventTime(r => r.at, withIdleness(boundedOutOfOrderness(seconds(5)), minutes(1)))
    .keyBy(r => r.sensor, { partitionKey: true })
    .tumblingWindow(minutes(1), { name: 'per-minute', allowedLateness: hours(1), emitWhenQuiet: seconds(10) })
    .aggregate({ mean: mean(r => r.celsius), max: max(r => r.celsius), count: count() })
  minutesOf.sink(plannedSink({ name: 'agg_1min', scope: database }))
  minutesOf.late().sink(plannedSink({ name: 'late' }))
  return job
}

describe('explain()', () => {
  it('tells the steps, how they are cut into tasks and stages, the guarantee, and the reason for each', () => {
    expect(perMinute().explain({ store: { ...durableStore(database), shareable: true } })).toBe(
      [
        'pipeline telemetry',
        '  readings      source (kafka telemetry.v0)',
        '  dead letters  sink (dead letters)  <- readings.badRecords',
        '  enrich        mapAsync (concurrency 4, order kept)  <- readings',
        '  eventTime     eventTime (bounded out-of-orderness 5 s, idle after 1 min)  <- enrich',
        '  per-minute    windowAggregate (tumbling 1 min; mean: mean, max: max, count: count; allowed lateness 1 h; emits after 10 s of quiet)  <- eventTime',
        '  agg_1min      sink (agg_1min)  <- per-minute',
        '  late          sink (late)  <- per-minute.late',
        'tasks: one per partition (the key of "per-minute" is declared to be the partition key)',
        'processes: several may share the work (each task belongs to the process that reads its partitions)',
        'stage 1: readings, dead letters, enrich; ends because "enrich" waits for its calls',
        'stage 2: eventTime, per-minute, agg_1min, late',
        'guarantee: at-least-once',
        '  dead letters: exactly-once, written in the transaction of the checkpoint (the database)',
        '  agg_1min: exactly-once, written in the transaction of the checkpoint (the database)',
        '  late: at-least-once, not in the transaction of the checkpoint; rows since the last one are written again',
        '  calls of enrich: made again after a crash for records since the last checkpoint; what a call does outside must bear that',
      ].join('\n'),
    )
  })

  it('has its like as data, which holds the same', () => {
    const job = perMinute()
    const plan = job.plan({ store: durableStore(database) })
    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan)
    expect(plan).toMatchObject({
      job: 'telemetry',
      tasks: { mode: 'perPartition' },
      guarantee: { level: 'at-least-once' },
      stages: [{ nodes: ['readings', 'dead letters', 'enrich'] }, {}],
    })
    expect(plan.steps.find(({ name }) => name === 'late')).toEqual({
      name: 'late',
      type: 'sink',
      kind: 'late',
      inputs: [{ from: 'per-minute', output: 'late' }],
    })
    const text = job.explain({ store: durableStore(database) })
    for (const { sink, level, reason } of plan.guarantee.sinks) expect(text).toContain(`${sink}: ${level}, ${reason}`)
  })

  it('is the same for the same pipeline and store', () => {
    expect(perMinute().explain()).toBe(perMinute().explain())
  })

  it('takes a store that forgets when none is given, and says what that means', () => {
    expect(perMinute().explain()).toContain('guarantee: none')
  })
})
