import { memoryCheckpointStore, pipeline, run } from '@rtp/stream-core'
import { type SourceContext, silentLogger } from '@rtp/stream-core/extend'
import { describe, expect, it } from 'vitest'
import { crash, manualClock, memoryDatabase, pause, recordingSink, records, scriptedSource } from '../../src/index.ts'

function context(signal = new AbortController().signal): SourceContext {
  return { job: 'test', signal, clock: manualClock(), logger: silentLogger, shareable: true, keepBadRecords: true }
}

describe('scriptedSource', () => {
  it('cuts batches at the batch size and before a crash or pause, and counts bad records as positions', async () => {
    const source = scriptedSource(
      [[...records([1, 2, 3]), { bad: 'x', reason: 'NOT_JSON' }, crash(), { value: 5, time: 50 }]],
      { batchSize: 2 },
    )
    const session = await source.open(context())
    const reader = await session.read(0, undefined)
    expect(reader.lag?.()).toBe(5)
    expect(await reader.next()).toMatchObject({ values: [1, 2], next: 2, size: 2, times: undefined })
    expect(await reader.next()).toMatchObject({
      values: [3],
      next: 4,
      badRecords: [{ reason: 'NOT_JSON', offset: 3, partition: 'scripted/0', bytes: Uint8Array.of(120) }],
    })
    await expect(reader.next()).rejects.toMatchObject({ code: 'SOURCE_FAILED', retryable: true })
    await reader.close()
    const again = await session.read(0, 3)
    expect(again.start).toBe(3)
    expect(await again.next()).toMatchObject({ values: [], next: 4 })
    expect(await again.next()).toMatchObject({ values: [5], times: Float64Array.of(50), offsets: Float64Array.of(4) })
    expect(await again.next()).toBeUndefined()
  })

  it('finds a reader that does not wait for a read, or opens a partition twice', async () => {
    const gate = pause()
    const session = await scriptedSource([[gate, ...records([1])]]).open(context())
    const reader = await session.read(0, undefined)
    const first = reader.next()
    await gate.reached
    await expect(reader.next()).rejects.toMatchObject({ code: 'SOURCE_MISUSED' })
    await expect(session.read(0, undefined)).rejects.toMatchObject({ code: 'SOURCE_MISUSED' })
    gate.release()
    expect(await first).toMatchObject({ values: [1] })
    await reader.close()
    expect(await reader.next()).toBeUndefined()
  })

  it('gives up waiting when it is closed or the job ends', async () => {
    const session = await scriptedSource<number>([[pause()]]).open(context())
    const reader = await session.read(0, undefined)
    const waiting = reader.next()
    await reader.close()
    expect(await waiting).toBeUndefined()
    const job = new AbortController()
    const endless = await scriptedSource<number>([[]], { bounded: false }).open(context(job.signal))
    const idle = (await endless.read(0, undefined)).next()
    job.abort()
    expect(await idle).toBeUndefined()
  })

  it('refuses a position that it does not have', async () => {
    const session = await scriptedSource([records([1, 2])]).open(context())
    for (const from of [3, -1, 0.5, { line: 1 }]) {
      await expect(session.read(0, from)).rejects.toMatchObject({ code: 'SOURCE_FAILED' })
    }
  })

  it('lets a job restart from its last checkpoint after each crash', async () => {
    const source = scriptedSource(
      [[...records([0, 1, 2]), crash({ times: 2 }), ...records([3, 4]), crash(), ...records([5])]],
      { batchSize: 2 },
    )
    const clock = manualClock()
    const database = memoryDatabase()
    const sink = database.sink<number>()
    const job = pipeline('crashes')
    job.from(source).sink(sink)
    const { metrics } = await clock.runUntil(
      run(job, { store: database.store, clock, checkpoint: { records: 2 } }).done,
    )
    expect(sink.values).toEqual([0, 1, 2, 3, 4, 5])
    expect(metrics.restarts).toBe(3)
    expect(source.openings.map(({ from }) => from)).toEqual([undefined, 2, 2, 5])
    expect(source.openReaders).toBe(0)
  })

  it('fails the job when the crash is not one to be tried again', async () => {
    const source = scriptedSource<number>([[crash({ retryable: false })]])
    const job = pipeline('fails')
    job.from(source).sink(recordingSink())
    await expect(run(job, { store: memoryCheckpointStore() }).done).rejects.toMatchObject({ code: 'SOURCE_FAILED' })
  })
})
