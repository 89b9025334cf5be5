import { appendFileSync } from 'node:fs'
import {
  type BadRecord,
  boundedOutOfOrderness,
  count,
  memoryCheckpointStore,
  minutes,
  pipeline,
  run,
  seconds,
  toArray,
} from '@rtp/stream-core'
import { type SourceBatch, type SourceContext, silentLogger, systemClock } from '@rtp/stream-core/extend'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { type Columns, type CsvSourceOptions, csvSource, integer, number, text, timestamp } from '../src/index.ts'
import { errorOf } from './collect.ts'
import { temporaryFile } from './temporary-files.ts'

const columns = { sensor: text('Phone'), value: number('Rating'), at: timestamp('Time_GMT') }
const CONTENT = 'Phone,Rating,Time_GMT\nS1,1,2025-01-02 12:00:10\nS2,x,2025-01-02 12:00:20\nS1,3,2025-01-02 12:01:10\n'

describe('csvSource in a job', () => {
  it('hands typed rows to the pipeline', async () => {
    const source = csvSource({ files: temporaryFile(CONTENT), columns, onBadRecord: 'skip' })
    const rows: { sensor: string; value: number; at: number }[] = []
    const result = await run(pipeline('rows').from(source).sink(toArray(rows))).done
    expect(rows.map(row => row.value)).toEqual([1, 3])
    expect(result.metrics.sources).toMatchObject([{ records: 2, badRecords: 1 }])
    expectTypeOf(source).toMatchTypeOf<{ open(context: SourceContext): unknown }>()
  })

  it('ends the job at a bad row, unless its bad records are taken', async () => {
    const files = temporaryFile(CONTENT)
    const failing = run(pipeline('fails').from(csvSource({ files, columns })).sink(toArray<unknown>([])), {
      restart: { attempts: 0 },
    })
    const error = await errorOf(failing.done)
    expect(error.message).toContain('NUMBER_INVALID at line 3')

    const kept = pipeline('keeps')
    const stream = kept.from(csvSource({ files, columns }))
    const rows: unknown[] = []
    const bad: BadRecord[] = []
    stream.sink(toArray(rows))
    stream.badRecords().sink(toArray(bad))
    await run(kept).done
    expect(rows).toHaveLength(2)
    expect(bad).toMatchObject([{ partition: files, line: 3, offset: CONTENT.indexOf('S2'), reason: 'NUMBER_INVALID' }])
    expect(Buffer.from(bad[0]!.bytes).toString()).toBe('S2,x,2025-01-02 12:00:20')
  })

  it('gives each record the time of a column, for windows', async () => {
    const source = csvSource({ files: temporaryFile(CONTENT), columns, recordTime: 'at', onBadRecord: 'skip' })
    const windows: { start: number; n: number }[] = []
    await run(
      pipeline('windows')
        .from(source)
        .withEventTime('record', boundedOutOfOrderness(seconds(5)))
        .keyBy(row => row.sensor)
        .tumblingWindow(minutes(1))
        .aggregate({ n: count() })
        .map(window => ({ start: window.start, n: window.value.n }))
        .sink(toArray(windows)),
    ).done
    expect(windows).toEqual([
      { start: Date.UTC(2025, 0, 2, 12, 0), n: 1 },
      { start: Date.UTC(2025, 0, 2, 12, 1), n: 1 },
    ])
  })

  it('refuses a record time that is no time, in types', () => {
    const files = 'none.csv'
    // @ts-expect-error: text is no time.
    csvSource({ files, columns, recordTime: 'sensor' })
    // @ts-expect-error: no such column.
    csvSource({ files, columns, recordTime: 'Time_GMT' })
  })

  it('stops while it follows a file, and a later run goes on behind the last row', async () => {
    const files = temporaryFile('n\n1\n2\n')
    const store = memoryCheckpointStore()
    const rows: number[] = []
    const start = () => {
      const source = csvSource({ files, columns: { n: integer() }, follow: true, followPollMs: 2 })
      return run(
        pipeline('follow')
          .from(source)
          .map(row => row.n)
          .sink(toArray(rows)),
        { store },
      )
    }
    const first = start()
    await expect.poll(() => rows).toEqual([1, 2])
    expect(await first.stop()).toMatchObject({ state: 'stopped' })
    appendFileSync(files, '3\n')
    const second = start()
    await expect.poll(() => rows).toEqual([1, 2, 3])
    await second.stop()
  })

  it('names a missing file when the job starts, also one that is read last', async () => {
    const files = [temporaryFile('n\n1\n'), `${temporaryFile('')}.none`]
    const job = run(
      pipeline('missing')
        .from(csvSource({ files, columns: { n: integer() } }))
        .sink(toArray<unknown>([])),
      { restart: { attempts: 0 } },
    )
    const error = await errorOf(job.done)
    expect(error.message).toContain('CSV_FILE_NOT_FOUND')
  })
})

describe('csvSource as a source', () => {
  it('is a value that opens nothing, and says what it is', () => {
    const source = csvSource({ files: 'none.csv', columns, recordTime: 'at' })
    expect(source).toMatchObject({
      name: 'csv none.csv',
      bounded: true,
      replayable: true,
      recordTimes: true,
      onBadRecord: 'fail',
    })
    expect(csvSource({ files: ['a', 'b'], columns, follow: true })).toMatchObject({
      name: 'csv a',
      bounded: false,
      recordTimes: false,
    })
    expect(csvSource({ files: 'none.csv', columns, name: 'readings' }).name).toBe('readings')
  })

  it('gives offsets, sizes and positions with each batch', async () => {
    const files = temporaryFile(CONTENT)
    const [batch] = await batchesOf({ files, columns, recordTime: 'at' })
    expect(batch).toMatchObject({
      size: 2,
      bytes: CONTENT.length - 'Phone,Rating,Time_GMT\n'.length,
      next: { file: files, line: 5, offset: CONTENT.length },
      badRecords: [{ source: `csv ${files}`, partition: files, partitionIndex: 0 }],
    })
    expect([...batch!.offsets.subarray(0, 2)]).toEqual([CONTENT.indexOf('S1,1'), CONTENT.indexOf('S1,3')])
    expect([...batch!.times!.subarray(0, 2)]).toEqual([
      Date.UTC(2025, 0, 2, 12, 0, 10),
      Date.UTC(2025, 0, 2, 12, 1, 10),
    ])
    expect(JSON.stringify(batch!.next)).toBe(`{"file":"${files}","line":5,"offset":${CONTENT.length}}`)
  })

  it('goes on at the position of any batch', async () => {
    const options = {
      files: [temporaryFile('n\n1\n2\n3\n'), temporaryFile('n\n4\n\n5')],
      columns: { n: integer() },
      batchRows: 1,
    }
    const all = await batchesOf(options)
    const numbers = (batches: readonly SourceBatch<{ n: number }>[]) =>
      batches.flatMap(({ values }) => values.map(({ n }) => n))
    expect(numbers(all)).toEqual([1, 2, 3, 4, 5])
    for (const [i, { next }] of all.entries())
      expect(numbers(await batchesOf(options, next))).toEqual(numbers(all).slice(i + 1))
  })

  it('ends a read that waits when the reader is closed', async () => {
    const source = csvSource({
      files: temporaryFile('n\n'),
      columns: { n: integer() },
      follow: true,
      followPollMs: 1_000_000,
    })
    const session = await source.open(context())
    const reader = await session.read(0, undefined)
    const waiting = reader.next()
    await reader.close()
    expect(await waiting).toBeUndefined()
    await session.close()
  })

  it('gives up when the job is aborted', async () => {
    const abort = new AbortController()
    const source = csvSource({
      files: temporaryFile('n\n'),
      columns: { n: integer() },
      follow: true,
      followPollMs: 1_000_000,
    })
    const session = await source.open(context(abort.signal))
    const reader = await session.read(0, undefined)
    const waiting = errorOf(reader.next())
    abort.abort()
    expect((await waiting).code).toBe('ABORTED')
    await session.close()
  })
})

function context(signal = new AbortController().signal): SourceContext {
  return { job: 'test', signal, clock: systemClock, logger: silentLogger, shareable: false, keepBadRecords: true }
}

async function batchesOf<C extends Columns>(options: CsvSourceOptions<C>, from?: SourceBatch<unknown>['next']) {
  const session = await csvSource(options).open(context())
  const reader = await session.read(0, from)
  const batches = []
  for (let batch = await reader.next(); batch !== undefined; batch = await reader.next()) batches.push(batch)
  await reader.close()
  await session.close()
  return batches
}
