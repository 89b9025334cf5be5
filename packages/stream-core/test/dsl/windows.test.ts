import { manualClock, pause, recordingSink, records, scriptedSource } from '@rtp/stream-testing'
import { describe, expect, it } from 'vitest'
import {
  afterEndOfWindow,
  boundedOutOfOrderness,
  collect,
  count,
  everyCount,
  from,
  type KeyedStream,
  keepCount,
  pipeline,
  run,
  type Stream,
  sum,
  toArray,
  tumbling,
  type WindowResult,
} from '../../src/index.ts'
import { until } from '../runtime/until.ts'

interface Reading {
  readonly sensor: string
  readonly at: number
  readonly n: number
}

const readings: readonly Reading[] = [1, 2, 3, 4, 12, 13, 33].map((at, i) => ({
  sensor: i % 3 === 2 ? 'b' : 'a',
  at,
  n: i + 1,
}))

function keyed(): KeyedStream<string, Reading> {
  return from(readings)
    .withEventTime(reading => reading.at, boundedOutOfOrderness(0))
    .keyBy(reading => reading.sensor)
}

/** What comes out, each as `key start-end value`. */
async function texts<K, R>(stream: Stream<WindowResult<K, R>>): Promise<string[]> {
  const all: string[] = []
  for await (const { key, start, end, value } of stream) all.push(`${key} ${start}-${end} ${JSON.stringify(value)}`)
  return all
}

const total = { total: sum((reading: Reading) => reading.n) }

describe('windows of a keyed stream', () => {
  it('are tumbling, sliding, cumulate, of the calendar, sessions, global or counted', async () => {
    expect(await texts(keyed().tumblingWindow(10).aggregate(total))).toEqual([
      'a 0-10 {"total":7}',
      'b 0-10 {"total":3}',
      'a 10-20 {"total":5}',
      'b 10-20 {"total":6}',
      'a 30-40 {"total":7}',
    ])
    expect(await texts(keyed().slidingWindow(20, 30).aggregate(total))).toEqual([
      'a 0-20 {"total":12}',
      'b 0-20 {"total":9}',
      'a 30-50 {"total":7}',
    ])
    expect(
      await texts(
        keyed()
          .cumulateWindow(40, 20)
          .reduce((a, b) => (a.n > b.n ? a : b)),
      ),
    ).toHaveLength(4)
    expect(await texts(keyed().calendarWindow('day', { timeZone: 'UTC' }).aggregate(total))).toEqual([
      'a 0-86400000 {"total":19}',
      'b 0-86400000 {"total":9}',
    ])
    expect(await texts(keyed().sessionWindow(9).aggregate(total))).toEqual([
      'b 3-12 {"total":3}',
      'a 1-21 {"total":12}',
      'b 13-22 {"total":6}',
      'a 33-42 {"total":7}',
    ])
    expect(
      await texts(
        keyed()
          .sessionWindow(reading => reading.n * 10)
          .aggregate({ n: count() }),
      ),
    ).toHaveLength(2)
    expect(
      await texts(
        keyed()
          .globalWindow({ trigger: everyCount(3) })
          .aggregate(total),
      ),
    ).toEqual(['a -Infinity-Infinity {"total":7}'])
    expect(await texts(keyed().countWindow(2).aggregate(total))).toEqual([
      'a -Infinity-Infinity {"total":3}',
      'a -Infinity-Infinity {"total":9}',
      'b -Infinity-Infinity {"total":9}',
    ])
  })

  it('compute aggregates, a function over aggregates, or a function over the records', async () => {
    const windows = () => keyed().tumblingWindow(10)
    const half = windows().aggregate(total, (value, window) => [`${window.key}: ${value.total / 2}`])
    expect(await texts(half.filter(({ start }) => start === 0))).toEqual(['a 0-10 "a: 3.5"', 'b 0-10 "b: 1.5"'])
    const last = windows().process(all => [all.at(-1)!.n])
    expect(await texts(last.filter(({ start }) => start === 0))).toEqual(['a 0-10 4', 'b 0-10 3'])
  })

  it('may keep the last records only', async () => {
    const last = keyed()
      .tumblingWindow(10, { evictor: keepCount(1) })
      .aggregate({ all: collect(({ n }: Reading) => n) })
    expect(await texts(last.filter(({ key }) => key === 'a'))).toEqual([
      'a 0-10 {"all":[4]}',
      'a 10-20 {"all":[5]}',
      'a 30-40 {"all":[7]}',
    ])
  })

  it('give changes where they retract', async () => {
    const trigger = afterEndOfWindow({ early: everyCount(1) })
    const changes = keyed()
      .tumblingWindow(10, { trigger, accumulation: 'retract' })
      .aggregate(total)
      .filter(({ value }) => value.key === 'b' && value.start === 0)
    const ops: string[] = []
    for await (const { op, value } of changes) ops.push(`${op} ${value.value.total}`)
    expect(ops).toEqual(['insert 3'])
  })

  it('say in the plan what they do', () => {
    const job = pipeline('plan')
    job
      .from(readings)
      .withEventTime(reading => reading.at, boundedOutOfOrderness(0))
      .keyBy(reading => reading.sensor)
      .tumblingWindow(10, { trigger: everyCount(3), closeOn: 'either', wallClockDelay: 1_000, name: 'by three' })
      .aggregate(total)
      .sink(toArray<unknown>([]))
    expect(job.explain()).toContain(
      'window (tumbling 10 ms; total: sum; emits every 3 records; allowed lateness 0 ms; closes at the latest 1 s behind its end by the wall clock',
    )
  })

  it('refuse what cannot be', () => {
    expect(() => keyed().tumblingWindow(-1)).toThrow('DURATION_INVALID')
    expect(() => keyed().tumblingWindow(1.5)).toThrow('DURATION_INVALID')
    expect(() => keyed().sessionWindow(0)).toThrow('DURATION_INVALID')
    expect(() => keyed().tumblingWindow(10, { allowedLateness: -1 })).toThrow('DURATION_INVALID')
    expect(() => keyed().tumblingWindow(10, { emitWhenQuiet: 0 })).toThrow('DURATION_INVALID')
    expect(() => keyed().tumblingWindow(10, { closeOn: 'either', wallClockDelay: -1 })).toThrow('DURATION_INVALID')
    // @ts-expect-error closing by the wall clock needs a delay
    expect(() => keyed().tumblingWindow(10, { closeOn: 'wallClock' })).toThrow('DURATION_INVALID')
  })
})

describe('windows of all records', () => {
  it('are one for all keys, computed by one task', async () => {
    const timed = from(readings).withEventTime(reading => reading.at, boundedOutOfOrderness(0))
    expect(await texts(timed.windowAll(tumbling(20)).aggregate(total))).toEqual([
      'all 0-20 {"total":21}',
      'all 20-40 {"total":7}',
    ])
    const job = pipeline('all')
    job
      .from(scriptedSource<Reading>([[], []]))
      .withEventTime(reading => reading.at, boundedOutOfOrderness(0))
      .windowAll(tumbling(20))
      .aggregate(total)
      .sink(toArray<unknown>([]))
    expect(job.explain()).toMatch(/tasks: one .*keeps state across all records/)
  })
})

describe('a window of a running job', () => {
  it('is closed by the wall clock where no record moves the watermark', async () => {
    const clock = manualClock(5)
    const rows = recordingSink<WindowResult<string, { total: number }>>()
    const late = recordingSink<unknown>()
    const [first, second] = [pause(), pause()]
    const job = pipeline('stands still')
    const totals = job
      .from(scriptedSource([[...records(readings.slice(0, 3)), first, ...records(readings.slice(3, 4)), second]]))
      .withEventTime(reading => reading.at, boundedOutOfOrderness(0))
      .keyBy(reading => reading.sensor)
      .tumblingWindow(10, { closeOn: 'either', wallClockDelay: 100 })
      .aggregate(total)
    totals.sink(rows)
    totals.late().sink(late)
    const running = run(job, { clock })
    await first.reached
    clock.advance(104)
    expect(rows.written).toEqual([])
    clock.advance(1)
    await until(() => rows.written.length === 2)
    expect(rows.written.map(({ value }) => [value.key, value.value.total, value.pane])).toEqual([
      ['a', 3, { timing: 'wallClock', index: 0, isLast: true }],
      ['b', 3, { timing: 'wallClock', index: 0, isLast: true }],
    ])
    first.release()
    await second.reached
    expect(late.written.map(({ value }) => (value as { reason: string }).reason)).toEqual(['closedByWallClock'])
    const window = running.metrics().operators.find(({ kind }) => kind === 'window')
    expect(window).toMatchObject({ wallClockClosings: 2, lateRecords: 1 })
    second.release()
    await running.done
    expect(rows.written).toHaveLength(2)
  })
})
