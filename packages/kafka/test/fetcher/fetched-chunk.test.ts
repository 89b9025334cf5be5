import { gzipSync } from 'node:zlib'
import { RecordBatchEncoder, setBaseOffset } from '@rtp/kafka-protocol'
import { describe, expect, it } from 'vitest'
import { decodeChunk, type FetchedChunk, offsetBehind } from '../../src/fetcher/fetched-chunk.ts'

const LIMITS = { maxBatchBytes: 1_000_000, runBytes: 200 }

/** A batch of records `base` to `base + count - 1`, whose values are their offsets. */
function batch(base: number, count: number, compressed = false): Buffer {
  const encoder = new RecordBatchEncoder(10_000)
  for (let index = 0; index < count; index++) encoder.tryAppend(1_000 + index, null, String(base + index))
  const bytes = Buffer.from(
    compressed
      ? encoder.finish({ compressed: { type: 'gzip', bytes: gzipSync(encoder.records()) } })
      : encoder.finish(),
  )
  setBaseOffset(bytes, 0, base)
  return bytes
}

function chunk(bytes: Buffer, from = 0): FetchedChunk {
  const next = offsetBehind(bytes) ?? from
  return { topic: 'topic', partition: 3, bytes, from, next, aborted: [], readCommitted: true }
}

async function runsOf(fetched: FetchedChunk, limits = LIMITS): Promise<string[][]> {
  const runs: string[][] = []
  for await (const columns of decodeChunk(fetched, limits))
    runs.push(Array.from({ length: columns.size }, (_, index) => columns.value(index)!.toString()))
  return runs
}

const numbered = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, index) => String(from + index))

describe('decodeChunk', () => {
  it('decodes plain batches in one run, from the wanted offset on, and leaves the one that is cut off', async () => {
    const bytes = Buffer.concat([batch(0, 5), batch(5, 5), batch(10, 5).subarray(0, 70)])
    const fetched = chunk(bytes, 3)
    expect(fetched.next).toBe(10)
    expect(await runsOf(fetched)).toEqual([numbered(3, 10)])
  })

  it('puts small compressed batches together, within a bound, and keeps the order among plain ones', async () => {
    const bytes = Buffer.concat([
      batch(0, 4),
      ...Array.from({ length: 10 }, (_, index) => batch(4 + index * 10, 10, true)),
      batch(104, 2),
    ])
    const runs = await runsOf(chunk(bytes))
    expect(runs.flat()).toEqual(numbered(0, 106))
    expect(runs.length).toBeGreaterThan(4)
    expect(runs.length).toBeLessThan(9)
  })

  it('stops at damage with topic, partition and offset', async () => {
    const bytes = Buffer.concat([batch(0, 5), batch(5, 5)])
    bytes[bytes.length - 3]! ^= 1
    await expect(runsOf(chunk(bytes))).rejects.toMatchObject({
      code: 'KAFKA_CORRUPT_BATCH',
      message: expect.stringMatching(/topic topic, partition 3, behind offset 4: .*checksum/),
      retryable: true,
    })
  })

  it('stops at a batch that expands to too much', async () => {
    const encoder = new RecordBatchEncoder(1_000_000)
    encoder.tryAppend(0, null, Buffer.alloc(900_000))
    const bytes = encoder.finish({ compressed: { type: 'gzip', bytes: gzipSync(encoder.records()) } })
    await expect(runsOf(chunk(bytes), { maxBatchBytes: 100_000, runBytes: 1 })).rejects.toMatchObject({
      code: 'KAFKA_BATCH_TOO_LARGE',
      message: expect.stringContaining('maxBatchBytes'),
    })
  })

  it('stops at content that is not what its compression type says', async () => {
    const encoder = new RecordBatchEncoder(1_000)
    encoder.tryAppend(0, null, 'x')
    const bytes = encoder.finish({ compressed: { type: 'zstd', bytes: gzipSync('x') } })
    await expect(runsOf(chunk(bytes))).rejects.toMatchObject({ code: 'KAFKA_CORRUPT_BATCH' })
  })
})
