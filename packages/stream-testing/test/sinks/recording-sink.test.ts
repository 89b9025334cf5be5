import { pipeline, run } from '@rtp/stream-core'
import { type SinkContext, type SinkWriter, silentLogger } from '@rtp/stream-core/extend'
import { describe, expect, it } from 'vitest'
import { batchOf, manualClock, recordingSink, records, scriptedSource } from '../../src/index.ts'

const context: SinkContext = {
  job: 'test',
  name: 'sink',
  signal: new AbortController().signal,
  clock: manualClock(),
  logger: silentLogger,
}

describe('recordingSink', () => {
  it('shows records once they are flushed, in the order of the parts', async () => {
    const sink = recordingSink<number>()
    const writer = await sink.open(context)
    writer.write({
      ...batchOf([1, 2], { times: [10, 20], offsets: [7, 8] }),
      origin: { source: 's', partition: 's/3', index: 3 },
    })
    const part = writer.seal()!
    writer.write(batchOf([3]))
    expect([part.records, sink.values, sink.written.length]).toEqual([2, [], 3])
    await part.flush()
    expect(sink.visible).toEqual([
      { value: 1, time: 10, offset: 7, partition: 's/3' },
      { value: 2, time: 20, offset: 8, partition: 's/3' },
    ])
    await writer.close()
    expect(sink.values).toEqual([1, 2])
    expect(sink.events.map(({ kind }) => kind)).toEqual(['open', 'write', 'seal', 'write', 'flush', 'visible', 'close'])
  })

  it('fails the flush that it is told to fail, before or after it took effect', async () => {
    for (const leaves of ['nothing', 'everything'] as const) {
      const sink = recordingSink<number>({ failFlushes: [2], failedFlushLeaves: leaves })
      const writer = await sink.open(context)
      for (const value of [1, 2, 3]) {
        writer.write(batchOf([value]))
        await writer
          .seal()!
          .flush()
          .catch(() => {})
      }
      expect(sink.values).toEqual(leaves === 'nothing' ? [1, 3] : [1, 2, 3])
    }
  })

  it('replaces a record with the same key when it is addressed by key', async () => {
    const sink = recordingSink<{ id: string; n: number }>({ rewrite: 'idempotent', keyOf: row => row.id })
    const writer = await sink.open(context)
    writer.write(
      batchOf([
        { id: 'a', n: 1 },
        { id: 'b', n: 2 },
        { id: 'a', n: 3 },
      ]),
    )
    await writer.seal()!.flush()
    expect(sink.values).toEqual([
      { id: 'b', n: 2 },
      { id: 'a', n: 3 },
    ])
  })

  it('holds the job back over its capacity, and while it is told to', async () => {
    const sink = recordingSink<number>({ capacity: 2 })
    const writer = await sink.open(context)
    writer.write(batchOf([1]))
    expect(writer.ready()).toBeUndefined()
    writer.write(batchOf([2]))
    const wait = isSettled(writer)
    const part = writer.seal()!
    expect(wait()).toBe(false)
    await part.flush()
    await expect.poll(wait).toBe(true)
    sink.hold()
    const held = isSettled(writer)
    sink.release()
    await expect.poll(held).toBe(true)
    expect(writer.ready()).toBeUndefined()
  })

  it('finds whoever flushes a part twice or writes after the end', async () => {
    const writer = await recordingSink<number>().open(context)
    writer.write(batchOf([1]))
    const part = writer.seal()!
    await part.flush()
    await expect(part.flush()).rejects.toMatchObject({ code: 'SINK_MISUSED' })
    await writer.close()
    expect(() => writer.write(batchOf([2]))).toThrow('SINK_MISUSED')
    await expect(writer.close()).rejects.toMatchObject({ code: 'SINK_MISUSED' })
  })

  it('shows what at-least-once means: a lost answer repeats a part', async () => {
    const sink = recordingSink<number>({ failFlushes: [2], failedFlushLeaves: 'everything' })
    const clock = manualClock()
    const job = pipeline('repeats')
    job.from(scriptedSource([records([1, 2, 3, 4])], { batchSize: 2 })).sink(sink)
    await clock.runUntil(run(job, { clock, checkpoint: { records: 2 } }).done)
    expect(sink.values).toEqual([1, 2, 3, 4, 3, 4])
  })
})

function isSettled(writer: SinkWriter<number>): () => boolean {
  let settled = false
  void writer.ready()?.then(() => {
    settled = true
  })
  return () => settled
}
