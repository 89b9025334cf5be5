import { mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decodeRecords, errorCodes, RecordBatchCursor, RecordColumns } from '@rtp/kafka-protocol'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { PartitionLog } from '../../src/log/partition-log.ts'
import { TopicConfig } from '../../src/topics/topic-config.ts'
import { batchOf, largeBatch } from '../batches.ts'

let directory: string

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'partition-log-'))
  return () => rmSync(directory, { recursive: true })
})

function open(config: Record<string, string> = {}): PartitionLog {
  const log = new PartitionLog(directory, new TopicConfig(Object.entries(config)), false)
  onTestFinished(() => log.close())
  return log
}

function read(log: PartitionLog, offset: number, options: { maxBytes?: number; limitOffset?: number } = {}): string[] {
  const { maxBytes = 1e6, limitOffset = log.endOffset } = options
  const bounds = { offset, maxBytes, limitOffset, allowOversized: true }
  const { bytes, nextOffset } = log.read(bounds, Buffer.allocUnsafe)
  const cursor = new RecordBatchCursor(bytes)
  const columns = new RecordColumns()
  let end = offset
  while (cursor.next()) {
    decodeRecords(cursor, { bytes, start: cursor.recordsStart, end: cursor.end }, columns)
    end = cursor.lastOffset + 1
  }
  expect(cursor.end).toBe(bytes.length)
  expect(nextOffset).toBe(end)
  return Array.from({ length: columns.size }, (_, index) => `${columns.offsets[index]}=${columns.value(index)}`)
}

describe('a partition log', () => {
  it('finds every offset in logs of many segments and batches of any size', () => {
    const log = open({ 'segment.bytes': '40000' })
    const values: string[] = []
    for (let n = 0; n < 400; n++) {
      const batch = Array.from({ length: (n % 7) + 1 }, (_, i) => `${n}.${i}.${'x'.repeat((n * 37) % 900)}`)
      expect(log.append(batchOf({ values: batch })).baseOffset).toBe(values.length)
      values.push(...batch)
    }
    expect(log.segmentCount).toBeGreaterThan(10)
    for (let offset = 0; offset < values.length; offset++) {
      const found = read(log, offset, { maxBytes: 3000 })
      expect(found).toContain(`${offset}=${values[offset]}`)
      for (const record of found) expect(values[Number(record.split('=')[0])]).toBe(record.split('=')[1])
    }
  })

  it('gives a batch that is larger than asked for whole, and otherwise keeps to the bound', () => {
    const log = open()
    log.append(largeBatch(10, 1000))
    log.append(largeBatch(1, 100))
    log.append(largeBatch(1, 100))
    expect(read(log, 0, { maxBytes: 100 })).toHaveLength(10)
    expect(read(log, 10, { maxBytes: 200 })).toHaveLength(1)
    expect(read(log, 10, { maxBytes: 400 })).toHaveLength(2)
    const none = log.read({ offset: 0, maxBytes: 100, limitOffset: 12, allowOversized: false }, Buffer.allocUnsafe)
    expect(none.bytes).toHaveLength(0)
    expect(read(log, 10, { limitOffset: 11 })).toHaveLength(1)
  })

  it('measures the bytes between two offsets across segments', () => {
    const log = open({ 'segment.bytes': '1024' })
    const sizes = Array.from({ length: 20 }, (_, n) => {
      const batch = largeBatch(2, 100 + n)
      log.append(batch)
      return batch.length
    })
    const sum = (from: number, to: number) => sizes.slice(from, to).reduce((a, b) => a + b, 0)
    expect(log.bytesBetween(0, 40)).toBe(sum(0, 20))
    expect(log.bytesBetween(7, 30)).toBe(sum(3, 15))
    expect(log.bytesBetween(40, 40)).toBe(0)
  })

  it('refuses batches that are damaged, several at once, of another format, or not what a producer may send', () => {
    const log = open()
    const good = batchOf({ values: ['a', 'b'] })
    const changed = (at: number, value: number) => {
      const batch = Buffer.from(good)
      batch[at] = value
      return log.append(batch).errorCode
    }
    expect(changed(67, 0xff)).toBe(errorCodes.CORRUPT_MESSAGE)
    expect(changed(16, 1)).toBe(errorCodes.UNSUPPORTED_FOR_MESSAGE_FORMAT)
    expect(log.append(good.subarray(0, good.length - 1)).errorCode).toBe(errorCodes.CORRUPT_MESSAGE)
    expect(log.append(Buffer.concat([good, good])).errorCode).toBe(errorCodes.INVALID_RECORD)
    expect(log.endOffset).toBe(0)
    expect(log.append(good)).toEqual({ errorCode: 0, baseOffset: 0 })
  })

  describe('when it is opened again', () => {
    it('cuts a torn tail off at the first batch that is wrong, and goes on from there', () => {
      const log = open()
      for (const value of ['a', 'b', 'c']) log.append(batchOf({ values: [value] }))
      const bytes = log.bytes
      log.close()
      const file = join(directory, readdirSync(directory)[0]!)
      truncateSync(file, bytes - 1)
      const torn = open()
      expect(torn.endOffset).toBe(2)
      expect(torn.append(batchOf({ values: ['d'] })).baseOffset).toBe(2)
      expect(read(torn, 0)).toEqual(['0=a', '1=b', '2=d'])
      torn.close()
      const garbage = Buffer.alloc(100, 7)
      writeFileSync(file, garbage, { flag: 'a' })
      expect(read(open(), 0)).toEqual(['0=a', '1=b', '2=d'])
    })

    it('drops the segments that follow a damaged one', () => {
      const log = open({ 'segment.bytes': '1024' })
      for (let n = 0; n < 10; n++) log.append(largeBatch(1, 600))
      log.close()
      const files = readdirSync(directory).sort()
      expect(files.length).toBeGreaterThan(3)
      writeFileSync(join(directory, files[1]!), Buffer.alloc(100), { flag: 'r+' })
      const damaged = open({ 'segment.bytes': '1024' })
      expect(damaged.endOffset).toBe(1)
      expect(readdirSync(directory)).toHaveLength(2)
      damaged.append(batchOf({ values: ['next'] }))
      expect(read(damaged, 1)).toEqual(['1=next'])
    })

    it('still knows what idempotent producers have written, and which transactions are open or aborted', () => {
      const producer = (baseSequence: number) => ({ producerId: 7, producerEpoch: 0, baseSequence })
      const inTransaction = (producerId: number, baseSequence: number) =>
        batchOf({ values: ['t'], transactional: true, producer: { producerId, producerEpoch: 0, baseSequence } })
      const log = open()
      log.append(batchOf({ values: ['a', 'b'], producer: producer(0) }))
      log.append(inTransaction(8, 0))
      log.appendMarker(8, 0, false)
      log.append(inTransaction(9, 0))
      log.close()
      const again = open()
      expect(again.append(batchOf({ values: ['a', 'b'], producer: producer(0) }))).toEqual({
        errorCode: 0,
        baseOffset: 0,
      })
      expect(again.append(batchOf({ values: ['d'], producer: producer(3) })).errorCode).toBe(
        errorCodes.OUT_OF_ORDER_SEQUENCE_NUMBER,
      )
      expect(again.endOffset).toBe(5)
      expect(again.lastStableOffset).toBe(4)
      expect(again.abortedBetween(0, 5)).toMatchObject([{ producerId: 8, firstOffset: 2 }])
      again.appendMarker(9, 0, true)
      expect(again.lastStableOffset).toBe(6)
    })

    it('keeps the end offset when all records are deleted', () => {
      const log = open()
      for (const value of ['a', 'b', 'c']) log.append(batchOf({ values: [value] }))
      log.deleteRecordsBefore(3)
      log.close()
      expect(open()).toMatchObject({ startOffset: 3, endOffset: 3 })
    })
  })

  it('is cut at the start of the batch that holds the offset, with what producers wrote after it forgotten', () => {
    const log = open({ 'segment.bytes': '1024' })
    const producer = (baseSequence: number) => ({ producerId: 7, producerEpoch: 0, baseSequence })
    for (let n = 0; n < 20; n++) log.append(batchOf({ values: ['a', 'b'.repeat(200)], producer: producer(n * 2) }))
    expect(log.truncateTo(21)).toBe(20)
    expect(log.endOffset).toBe(20)
    expect(read(log, 18)).toHaveLength(2)
    expect(log.append(batchOf({ values: ['c'], producer: producer(20) }))).toEqual({ errorCode: 0, baseOffset: 20 })
    expect(log.truncateTo(100)).toBe(21)
    expect(log.truncateTo(0)).toBe(0)
    expect(log.append(batchOf({ values: ['d'] })).baseOffset).toBe(0)
  })

  it('finds the first record at or after a time, whatever the order of the times', () => {
    const log = open({ 'segment.bytes': '2000' })
    const times: number[] = []
    for (let n = 0; n < 60; n++) {
      const batch = [n * 10, n * 10 + ((n * 7) % 50), n * 10 - 30]
      log.append(batchOf({ values: batch.map(String), timestamps: batch }))
      times.push(...batch)
    }
    for (let time = -40; time < 700; time++) {
      const offset = times.findIndex(one => one >= time)
      const expected = offset < 0 ? undefined : { offset, timestamp: times[offset] }
      expect(log.findByTime(time)).toEqual(expected)
    }
    log.deleteRecordsBefore(100)
    expect(log.findByTime(-40)).toEqual({ offset: 100, timestamp: times[100] })
  })
})
