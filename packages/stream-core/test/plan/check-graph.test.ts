import { describe, expect, it } from 'vitest'
import { boundedOutOfOrderness, count, pipeline, run, sourceWatermarks, valueState } from '../../src/index.ts'
import { durableStore, plannedSink, plannedSource } from './stores.ts'

interface Reading {
  readonly sensor: string
  readonly at: number
}

const readings = () => plannedSource<Reading>()
const eventTime = boundedOutOfOrderness(0)

describe('a pipeline is refused before anything runs', () => {
  it('when it has no sink', () => {
    const job = pipeline('aimless')
    job.from(readings()).map(r => r.at)
    expect(() => run(job)).toThrow('STREAM_WITHOUT_SINK: the pipeline has no sink')
    expect(() => pipeline('empty').explain()).toThrow('STREAM_WITHOUT_SINK')
  })

  it('when a branch leads to no sink, which is named', () => {
    const job = pipeline('dangling')
    const stream = job.from(readings())
    stream.sink(plannedSink())
    stream.map(r => r.at, { name: 'forgotten' })
    expect(() => job.explain()).toThrow('STREAM_WITHOUT_SINK: "forgotten" leads to no sink')
  })

  it('when it goes by watermarks of a source that knows none, or of several streams that were merged', () => {
    const job = pipeline('without watermarks')
    job
      .from(readings())
      .withEventTime(r => r.at, sourceWatermarks(), { name: 'time' })
      .sink(plannedSink())
    expect(() => job.explain()).toThrow(
      'GRAPH_INVALID: "time" takes the watermarks of the source, but the source "readings" knows none',
    )
    const merged = pipeline('merged')
    const [one, other] = [
      merged.from(plannedSource<Reading>({ watermarks: true })),
      merged.from(plannedSource<Reading>({ watermarks: true })),
    ]
    one
      .union(other)
      .map(r => r)
      .withEventTime(r => r.at, sourceWatermarks())
      .sink(plannedSink())
    expect(() => merged.explain()).toThrow('"union" lies between, which merges streams')
    const direct = pipeline('direct')
    direct
      .from(plannedSource<Reading>({ watermarks: true }))
      .filter(r => r.at > 0)
      .withEventTime(r => r.at, sourceWatermarks())
      .sink(plannedSink())
    expect(direct.explain()).toContain('watermarks of the source')
  })

  it('when a window has no event time, on any of the ways to it', () => {
    const job = pipeline('timeless')
    const timed = job.from(readings()).withEventTime(r => r.at, eventTime)
    const untimed = job.from(plannedSource<Reading>())
    timed
      .union(untimed)
      .keyBy(r => r.sensor)
      .tumblingWindow(10, { name: 'per-minute' })
      .aggregate({ n: count() })
      .sink(plannedSink())
    expect(() => job.explain()).toThrow(
      'WINDOW_WITHOUT_EVENT_TIME: "per-minute" needs event time. Call withEventTime() before keyBy().',
    )
  })

  it('when it keeps state in a durable store under a name that an edit could change', () => {
    const window = (name?: string) => {
      const job = pipeline('stateful')
      job
        .from(readings())
        .withEventTime(r => r.at, eventTime)
        .keyBy(r => r.sensor)
        .tumblingWindow(10, name === undefined ? {} : { name })
        .aggregate({ n: count() })
        .sink(plannedSink())
      return job
    }
    expect(() => window().explain({ store: durableStore() })).toThrow('UNNAMED_STATE: "windowAggregate" keeps state')
    expect(() => window().explain()).not.toThrow()
    expect(() => window('per-minute').explain({ store: durableStore() })).not.toThrow()
    const job = pipeline('stateful')
    const keyed = job.from(readings()).keyBy(r => r.sensor)
    keyed.reduce((_, r) => r).sink(plannedSink())
    expect(() => job.explain({ store: durableStore() })).toThrow('UNNAMED_STATE: "reduce"')
    const other = pipeline('stateful')
    other
      .from(readings())
      .keyBy(r => r.sensor)
      .process({ state: { seen: valueState(0) }, onRecord() {} })
      .sink(plannedSink())
    expect(() => other.explain({ store: durableStore() })).toThrow('UNNAMED_STATE: "process"')
  })

  it('when it reads an output that does not exist', () => {
    const job = pipeline('misnamed')
    const { hot } = job.from(readings()).split({ hot: r => r.at > 5 })
    hot.sideOutput('cold').sink(plannedSink())
    expect(() => job.explain()).toThrow(
      'GRAPH_INVALID: "rows" reads the output "cold" of "split", which has the side outputs hot',
    )
    const plain = pipeline('plain')
    plain
      .from(readings())
      .map(r => r)
      .sideOutput('late')
      .sink(plannedSink())
    expect(() => plain.explain()).toThrow('which has no side output')
  })

  it('when a branch takes the name of the main output', () => {
    const stream = pipeline('branches').from(readings())
    expect(() => stream.split({ main: () => true })).toThrow('GRAPH_INVALID')
    expect(() => stream.split({ rest: () => true })).toThrow('GRAPH_INVALID')
  })
})

describe('a pipeline is accepted', () => {
  it('when only a side output of a step is used', () => {
    const job = pipeline('late only')
    job
      .from(readings())
      .withEventTime(r => r.at, eventTime)
      .keyBy(r => r.sensor)
      .tumblingWindow(10)
      .aggregate({ n: count() })
      .late()
      .sink(plannedSink())
    expect(job.explain()).toContain('windowAggregate.late')
  })

  it('when a window is behind another: results have event time', () => {
    const job = pipeline('twice')
    job
      .from(readings())
      .withEventTime(r => r.at, eventTime)
      .keyBy(r => r.sensor)
      .tumblingWindow(10)
      .aggregate({ n: count() })
      .keyBy(() => 'all')
      .tumblingWindow(60)
      .aggregate({ n: count() })
      .sink(plannedSink())
    expect(job.explain()).toContain('windowAggregate-2')
  })
})
