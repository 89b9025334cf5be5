import { describe, expect, it } from 'vitest'
import {
  AbortedTransactions,
  batchLayout,
  RecordBatchCursor,
  RecordBatchEncoder,
  setBaseOffset,
  setBatchProducer,
  transactionMarker,
} from '../../src/index.ts'

describe('AbortedTransactions', () => {
  it('hides the batches of an aborted transaction up to its marker, and every marker', () => {
    const log = [
      data(0, 1),
      data(1, 2),
      marker(2, 1, 'abort'),
      data(3, 1),
      marker(4, 2, 'commit'),
      marker(5, 1, 'commit'),
      plain(6),
    ]
    expect(visible(log, [{ producerId: 1, firstOffset: 0 }])).toEqual([1, 3, 6])
  })

  it('knows a marker by the control bit and not by a key of four zero bytes', () => {
    const log = [data(0, 1, Buffer.alloc(4)), data(1, 1), marker(2, 1, 'abort'), plain(3)]
    expect(visible(log, [{ producerId: 1, firstOffset: 0 }])).toEqual([3])
  })

  it('hides nothing before the first offset of the aborted transaction', () => {
    const log = [data(0, 1), marker(1, 1, 'commit'), data(2, 1), marker(3, 1, 'abort')]
    expect(visible(log, [{ producerId: 1, firstOffset: 2 }])).toEqual([0])
  })

  it('takes the list in any order', () => {
    const log = [data(0, 1), marker(1, 1, 'abort'), data(2, 2), data(3, 1), marker(4, 2, 'abort')]
    expect(
      visible(log, [
        { producerId: 2, firstOffset: 2 },
        { producerId: 1, firstOffset: 0 },
      ]),
    ).toEqual([3])
  })
})

describe('transactionMarker', () => {
  it('reads abort and commit, and nothing from other batches', () => {
    const of = (batch: Buffer): unknown => {
      const cursor = new RecordBatchCursor(batch)
      cursor.next()
      return transactionMarker(cursor)
    }
    expect(of(marker(0, 1, 'abort'))).toBe('abort')
    expect(of(marker(0, 1, 'commit'))).toBe('commit')
    expect(of(data(0, 1, Buffer.alloc(4)))).toBeUndefined()
  })
})

function data(offset: number, producerId: number, key: Buffer | null = null): Buffer {
  const encoder = new RecordBatchEncoder(1_000)
  encoder.tryAppend(0, key, 'value')
  const batch = encoder.finish({
    transactional: true,
    producer: { producerId, producerEpoch: 0, baseSequence: 0 },
  })
  setBaseOffset(batch, 0, offset)
  return batch
}

function plain(offset: number): Buffer {
  const encoder = new RecordBatchEncoder(1_000)
  encoder.tryAppend(0, null, 'value')
  const batch = encoder.finish()
  setBaseOffset(batch, 0, offset)
  return batch
}

function marker(offset: number, producerId: number, kind: 'abort' | 'commit'): Buffer {
  const encoder = new RecordBatchEncoder(1_000)
  encoder.tryAppend(0, Uint8Array.of(0, 0, 0, kind === 'abort' ? 0 : 1), Uint8Array.of(0, 0, 0, 0, 0, 0))
  const batch = encoder.finish({ transactional: true })
  batch[batchLayout.attributes + 1]! |= 0x20
  setBatchProducer(batch, 0, batch.length, { producerId, producerEpoch: 0, baseSequence: -1 })
  setBaseOffset(batch, 0, offset)
  return batch
}

function visible(log: readonly Buffer[], aborted: readonly { producerId: number; firstOffset: number }[]): number[] {
  const filter = new AbortedTransactions(aborted)
  const cursor = new RecordBatchCursor(Buffer.concat(log))
  const offsets: number[] = []
  while (cursor.next()) if (!filter.hides(cursor)) offsets.push(cursor.baseOffset)
  return offsets
}
