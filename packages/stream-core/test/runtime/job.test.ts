import { crash, manualClock, memoryDatabase, pause, recordingSink, records, scriptedSource } from '@rtp/stream-testing'
import { describe, expect, it } from 'vitest'
import type { Sink } from '../../src/extend.ts'
import {
  boundedOutOfOrderness,
  count,
  hours,
  memoryCheckpointStore,
  minutes,
  pipeline,
  run,
  StreamError,
  seconds,
  sum,
  toArray,
} from '../../src/index.ts'
import { until } from './until.ts'

interface Reading {
  readonly sensor: string
  readonly at: number
  readonly value: number
}

/** Readings of a few sensors, one a second, every third one two seconds late. */
function readings(count: number, sensors = 3): Reading[] {
  return Array.from({ length: count }, (_, i) => ({
    sensor: `s${i % sensors}`,
    at: i * 1_000 - (i % 3 === 0 ? 2_000 : 0),
    value: i,
  }))
}

function minuteSums(source: ReturnType<typeof scriptedSource<Reading>>, database: ReturnType<typeof memoryDatabase>) {
  const job = pipeline('sums')
  const raw = database.sink<Reading>({ name: 'raw' })
  const minuteRows = database.sink<{ key: string; start: number; value: { n: number; sum: number } }>({
    name: 'minutes',
    rewrite: 'idempotent',
    keyOf: row => `${row.start} ${row.key}`,
  })
  const stream = job.from(source, { name: 'readings' })
  stream.sink(raw)
  stream
    .withEventTime(r => r.at, boundedOutOfOrderness(seconds(5)), { name: 'event-time' })
    .keyBy(r => r.sensor)
    .tumblingWindow(minutes(1), { name: 'per-minute', allowedLateness: hours(1) })
    .aggregate({ n: count(), sum: sum(r => r.value) })
    .sink(minuteRows)
  return { job, raw, minuteRows }
}

const fast = { checkpoint: { records: 50 }, restart: { initialDelayMs: 1 } }

describe('a job that restarts', () => {
  it('ends with the results of one that never failed, wherever its source crashes', async () => {
    const all = readings(600)
    const expectedRun = minuteSums(scriptedSource([records(all)]), memoryDatabase())
    await run(expectedRun.job, { ...fast, store: memoryCheckpointStore() }).done
    const expected = expectedRun.minuteRows.values

    for (const at of [0, 1, 49, 50, 51, 299, 599, 600]) {
      const database = memoryDatabase()
      const script = [...records(all.slice(0, at)), crash(), ...records(all.slice(at))]
      const { job, raw, minuteRows } = minuteSums(scriptedSource([script], { batchSize: 17 }), database)
      const { metrics } = await run(job, { ...fast, store: database.store }).done
      expect(metrics.restarts).toBe(1)
      expect(raw.values).toEqual(all)
      expect(minuteRows.values.map(({ key, start, value }) => ({ key, start, value }))).toEqual(
        expected.map(({ key, start, value }) => ({ key, start, value })),
      )
    }
  })

  it('neither loses nor repeats a row when a commit fails, whether it took effect or not', async () => {
    for (const failedCommitLeaves of ['nothing', 'everything'] as const) {
      const all = readings(600)
      const database = memoryDatabase({ failCommits: [1, 3, 6], failedCommitLeaves })
      const { job, raw } = minuteSums(scriptedSource([records(all)], { batchSize: 20 }), database)
      await run(job, { ...fast, store: database.store }).done
      expect(raw.values).toEqual(all)
    }
  })

  it('gives up after the allowed number of failures in a row', async () => {
    const source = scriptedSource([[...records([1]), crash({ times: 100 })]])
    const job = pipeline('hopeless')
    job.from(source).sink(recordingSink())
    const running = run(job, { restart: { attempts: 3, initialDelayMs: 1 } })
    await expect(running.done).rejects.toMatchObject({ code: 'SOURCE_FAILED' })
    expect(running.state).toBe('failed')
    expect(running.metrics().restarts).toBe(3)
    expect(source.openReaders).toBe(0)
  })

  it('tells what failed, where, when, and what it does about it: how often by code, and the last ten', async () => {
    const clock = manualClock(5_000)
    const source = scriptedSource([[...records([1]), crash({ times: 100 })]])
    const job = pipeline('hopeless')
    job.from(source, { name: 'numbers' }).sink(recordingSink())
    const restart = { attempts: 11, initialDelayMs: 1, maxDelayMs: 4, jitter: 0 }
    const running = run(job, { restart, clock })
    await expect(clock.runUntil(running.done)).rejects.toThrow()
    const { restarts, failures } = running.metrics()
    expect(restarts).toBe(11)
    expect(failures.byCode).toEqual({ SOURCE_FAILED: 12 })
    expect(failures.last.map(({ restartInMs }) => restartInMs)).toEqual([4, 4, 4, 4, 4, 4, 4, 4, 4, undefined])
    expect(failures.last.at(-1)).toMatchObject({
      code: 'SOURCE_FAILED',
      message: 'SOURCE_FAILED: the scripted source crashes here.',
      place: {},
      retryable: true,
      at: 5_000 + 1 + 2 + 9 * 4,
    })
  })

  it('does not restart after an error that trying again cannot mend', async () => {
    const source = scriptedSource([records([1, 2, 3])])
    const job = pipeline('broken')
    job
      .from(source, { name: 'numbers' })
      .map(
        x => {
          if (x === 2) throw new Error('no twos')
          return x
        },
        { name: 'refuse' },
      )
      .sink(recordingSink())
    const running = run(job)
    const error = await running.done.catch(error => error)
    expect(error).toBeInstanceOf(StreamError)
    expect(error.code).toBe('USER_FUNCTION_FAILED')
    expect(error.place).toEqual({ operator: 'refuse', source: 'numbers', partition: 'scripted/0', offset: 1 })
    expect(running.metrics().restarts).toBe(0)
  })
})

describe('a second run of a job', () => {
  it('goes on where the first one stopped, with open windows and watermark', async () => {
    const all = readings(600)
    const database = memoryDatabase()
    const stop = pause()
    const script = [...records(all.slice(0, 333)), stop, ...records(all.slice(333))]
    const source = scriptedSource([script])
    const { job, raw, minuteRows } = minuteSums(source, database)
    const first = run(job, { store: database.store })
    await stop.reached
    const { state } = await first.stop()
    expect(state).toBe('stopped')
    expect(raw.values).toEqual(all.slice(0, 333))
    stop.release()
    await run(job, { store: database.store }).done
    expect(source.openings.map(({ from }) => from)).toEqual([undefined, 333])
    expect(raw.values).toEqual(all)
    expect(minuteRows.values.reduce((n, { value }) => n + value.n, 0)).toBe(600)
  })

  it('starts anew after a cancel from the last checkpoint, as after a crash', async () => {
    const all = readings(100)
    const database = memoryDatabase()
    const stop = pause()
    const { job, raw } = minuteSums(
      scriptedSource([[...records(all.slice(0, 60)), stop, ...records(all.slice(60))]]),
      database,
    )
    const first = run(job, { store: database.store, checkpoint: { intervalMs: 3_600_000 } })
    await stop.reached
    await first.cancel()
    await expect(first.done).rejects.toMatchObject({ code: 'ABORTED' })
    expect(raw.values).toEqual([])
    stop.release()
    await run(job, { store: database.store }).done
    expect(raw.values).toEqual(all)
  })

  it('is refused when a keyed source has another number of partitions', async () => {
    const database = memoryDatabase()
    const start = (partitions: number) => {
      const job = pipeline('counts')
      job
        .from(scriptedSource(Array.from({ length: partitions }, () => records([{ key: 'a', at: 0 }]))), {
          name: 'readings',
        })
        .withEventTime(r => r.at, boundedOutOfOrderness(0))
        .keyBy(r => r.key, { partitionKey: true })
        .tumblingWindow(10, { name: 'window' })
        .aggregate({ n: count() })
        .sink(database.sink())
      return run(job, { store: database.store }).done
    }
    await start(2)
    await expect(start(3)).rejects.toMatchObject({ code: 'PARTITIONS_CHANGED' })
  })
})

describe('tasks', () => {
  it('are one per partition when the key is the partition key, each with its own watermark', async () => {
    const results: { key: string; start: number; value: { n: number } }[] = []
    const job = pipeline('counts')
    // The second partition is a day behind: with a watermark of its own, none of its records is late.
    job
      .from(
        scriptedSource([
          records([{ key: 'a', at: 86_400_000 }]),
          records([
            { key: 'b', at: 0 },
            { key: 'b', at: 1 },
          ]),
        ]),
      )
      .withEventTime(r => r.at, boundedOutOfOrderness(0))
      .keyBy(r => r.key, { partitionKey: true })
      .tumblingWindow(10, { name: 'window' })
      .aggregate({ n: count() })
      .sink(toArray(results))
    const { metrics } = await run(job).done
    expect(new Set(metrics.operators.map(({ task }) => task))).toEqual(new Set(['0', '1']))
    expect(results.map(({ key, value }) => [key, value.n])).toEqual(
      expect.arrayContaining([
        ['a', 1],
        ['b', 2],
      ]),
    )
    expect(metrics.operators.reduce((late, { lateRecords }) => late + lateRecords, 0)).toBe(0)
  })

  it('stop loudly when a key is in another partition than the partitioner says', async () => {
    const job = pipeline('counts')
    job
      .from(scriptedSource([records([{ key: 'a', at: 0 }]), records([{ key: 'a', at: 0 }])], { partitionOf: () => 0 }))
      .withEventTime(r => r.at, boundedOutOfOrderness(0))
      .keyBy(r => r.key, { partitionKey: true })
      .tumblingWindow(10, { name: 'window' })
      .aggregate({ n: count() })
      .sink(recordingSink())
    await expect(run(job).done).rejects.toMatchObject({ code: 'KEY_NOT_PARTITIONED' })
  })

  it('move to what is assigned now, and are read from their last checkpoint', async () => {
    const database = memoryDatabase()
    const [wait0, wait1] = [pause(), pause()]
    const source = scriptedSource(
      [
        [...records([{ key: 'a', at: 0 }]), wait0],
        [...records([{ key: 'b', at: 0 }]), wait1],
      ],
      { bounded: false },
    )
    source.assign([0])
    const rows = database.sink<{ key: string }>()
    const job = pipeline('moves')
    job.from(source, { name: 'readings' }).sink(rows)
    const running = run(job, { store: database.store, checkpoint: { records: 1 } })
    await wait0.reached
    source.assign([0, 1])
    await wait1.reached
    source.assign([1])
    await until(() => source.openings.length === 4)
    source.assign([])
    await until(() => source.openReaders === 0)
    expect(running.state).not.toBe('finished')
    await running.stop()
    expect(source.openings).toEqual([
      { partition: 0, from: undefined },
      { partition: 0, from: 1 },
      { partition: 1, from: undefined },
      { partition: 1, from: 1 },
    ])
    expect(rows.values.map(({ key }) => key).sort()).toEqual(['a', 'b'])
  })
})

describe('a job whose task was taken over', () => {
  const job = (source: ReturnType<typeof scriptedSource<{ key: string; at: number }>>, rows: Sink<unknown>) => {
    const shared = pipeline('taken over')
    shared.from(source, { name: 'readings' }).sink(rows)
    return shared
  }

  it('takes part again where sources assign the tasks, and neither loses nor repeats a row', async () => {
    const database = memoryDatabase()
    const wait = pause()
    const source = scriptedSource([[...records([{ key: 'a', at: 0 }]), wait, ...records([{ key: 'b', at: 1 }])]])
    source.assign([0])
    const rows = database.sink<{ key: string; at: number }>()
    const running = run(job(source, rows as Sink<unknown>), {
      store: database.store,
      checkpoint: { records: 1 },
      restart: { initialDelayMs: 0 },
    })
    await wait.reached
    // Another process raises the epoch, before the group has said that the partition moves.
    await database.store.acquire(['0'])
    wait.release()
    await running.done
    expect(running.metrics().restarts).toBe(1)
    expect(rows.values.map(({ key }) => key)).toEqual(['a', 'b'])
  })

  it('stops where nothing assigns them: two owners would take them from each other for ever', async () => {
    const database = memoryDatabase()
    const wait = pause()
    const source = scriptedSource([[...records([{ key: 'a', at: 0 }]), wait, ...records([{ key: 'b', at: 1 }])]])
    const running = run(job(source, database.sink() as Sink<unknown>), {
      store: database.store,
      checkpoint: { records: 1 },
      restart: { initialDelayMs: 0 },
    })
    await wait.reached
    await database.store.acquire(['0'])
    wait.release()
    await expect(running.done).rejects.toMatchObject({ code: 'FENCED' })
  })
})

describe('a quiet source', () => {
  it('makes open windows emit, which a later record updates', async () => {
    const clock = manualClock()
    const rows = recordingSink<{ key: string; value: { n: number }; pane: { timing: string } }>()
    const silence = pause()
    const job = pipeline('quiet')
    job
      .from(
        scriptedSource([
          [
            ...records([
              { key: 'a', at: 0 },
              { key: 'a', at: 1 },
            ]),
            silence,
            ...records([{ key: 'a', at: 2 }]),
          ],
        ]),
      )
      .withEventTime(r => r.at, boundedOutOfOrderness(0))
      .keyBy(r => r.key)
      .tumblingWindow(10, { name: 'window', emitWhenQuiet: seconds(10) })
      .aggregate({ n: count() })
      .sink(rows)
    const running = run(job, { clock })
    await silence.reached
    clock.advance(9_000)
    expect(rows.written).toEqual([])
    clock.advance(2_000)
    expect(rows.written.map(({ value }) => [value.value.n, value.pane.timing])).toEqual([[2, 'quiet']])
    clock.advance(60_000)
    expect(rows.written).toHaveLength(1)
    silence.release()
    await running.done
    expect(rows.written.map(({ value }) => [value.value.n, value.pane.timing])).toEqual([
      [2, 'quiet'],
      [3, 'onTime'],
    ])
    expect(running.metrics().operators.find(({ operator }) => operator === 'window')?.quietFirings).toBe(1)
  })

  it('makes open windows emit again after the next records, also when they come right behind the last look', async () => {
    const clock = manualClock()
    const rows = recordingSink<{ value: { n: number } }>()
    const [first, second] = [pause(), pause()]
    const job = pipeline('quiet twice')
    job
      .from(scriptedSource([[...records([{ key: 'a', at: 0 }]), first, ...records([{ key: 'a', at: 1 }]), second]]))
      .withEventTime(r => r.at, boundedOutOfOrderness(0))
      .keyBy(r => r.key)
      .tumblingWindow(10, { name: 'window', emitWhenQuiet: seconds(10) })
      .aggregate({ n: count() })
      .sink(rows)
    const running = run(job, { clock })
    await first.reached
    clock.advance(10_000)
    expect(rows.written.map(({ value }) => value.value.n)).toEqual([1])
    first.release()
    await second.reached
    clock.advance(10_000)
    expect(rows.written.map(({ value }) => value.value.n)).toEqual([1, 2])
    second.release()
    await running.done
  })

  it('that pauses without ending makes open windows emit, and keeps them for a later run', async () => {
    const database = memoryDatabase()
    const rows = database.sink<{ key: string; value: { n: number } }>({ rewrite: 'idempotent', keyOf: row => row.key })
    const start = (values: { key: string; at: number }[]) => {
      const job = pipeline('paused')
      job
        .from(scriptedSource([records(values)], { ends: 'paused' }), { name: 'readings' })
        .withEventTime(r => r.at, boundedOutOfOrderness(0))
        .keyBy(r => r.key)
        .tumblingWindow(10, { name: 'window', emitWhenQuiet: seconds(10) })
        .aggregate({ n: count() })
        .sink(rows)
      return run(job, { store: database.store }).done
    }
    await start([{ key: 'a', at: 0 }])
    expect(rows.values.map(({ value }) => value.n)).toEqual([1])
    await start([
      { key: 'a', at: 0 },
      { key: 'a', at: 1 },
      { key: 'a', at: 2 },
    ])
    expect(rows.values.map(({ value }) => value.n)).toEqual([3])
  })
})

describe('bad records', () => {
  const script = [...records([1]), { bad: 'x', reason: 'NOT_JSON' }, ...records([2])]

  it('stop the job when nobody takes them', async () => {
    const job = pipeline('strict')
    job.from(scriptedSource<number>([script]), { name: 'numbers' }).sink(recordingSink())
    await expect(run(job).done).rejects.toMatchObject({ code: 'BAD_RECORD', place: { source: 'numbers', offset: 1 } })
  })

  it('are counted and skipped where the source says so', async () => {
    const rows = recordingSink<number>()
    const job = pipeline('lenient')
    job.from(scriptedSource<number>([script], { onBadRecord: 'skip' })).sink(rows)
    const { metrics } = await run(job).done
    expect(rows.values).toEqual([1, 2])
    expect(metrics.sources[0]?.badRecords).toBe(1)
  })

  it('go to their side output, with original bytes, reason and place', async () => {
    const [rows, bad] = [recordingSink<number>(), recordingSink<unknown>()]
    const job = pipeline('kept')
    const numbers = job.from(scriptedSource<number>([script]))
    numbers.sink(rows)
    numbers.badRecords().sink(bad)
    await run(job).done
    expect(rows.values).toEqual([1, 2])
    expect(bad.values).toMatchObject([{ reason: 'NOT_JSON', offset: 1, bytes: new TextEncoder().encode('x') }])
  })
})

describe('back-pressure', () => {
  it('stops the source while a sink holds the job back, and bounds what waits', async () => {
    let taken = 0
    function* endless() {
      for (;;) yield taken++
    }
    const rows = recordingSink<number>({ capacity: 5_000 })
    const job = pipeline('slow')
    job.from(endless()).sink(rows)
    const running = run(job)
    await until(() => rows.written.length > 0)
    rows.hold()
    const takenBefore = taken
    // Held: however long the event loop turns, no more is read than the batch that was on its way.
    for (let turn = 0; turn < 200; turn++) await new Promise(resolve => setImmediate(resolve))
    expect(taken - takenBefore).toBeLessThanOrEqual(1024)
    rows.release()
    await until(() => taken > 100_000)
    await running.stop()
    expect(rows.values).toEqual(Array.from({ length: rows.values.length }, (_, i) => i))
  })

  it('lets timers run while a source always has records', async () => {
    function* endless() {
      for (;;) yield 1
    }
    const job = pipeline('busy')
    job.from(endless()).sink(recordingSink({ capacity: 1_000_000 }))
    const running = run(job)
    await new Promise(resolve => setTimeout(resolve, 1))
    await running.stop()
    expect(running.state).toBe('stopped')
  })
})
