import { describe, expect, it } from 'vitest'
import { copyBatch, watermarkBatch } from '../../src/batch/batch.ts'
import { BatchBuilder } from '../../src/batch/batch-builder.ts'

describe('the batch builder', () => {
  it('collects records with their time, watermark and offset, as many as come', () => {
    const builder = new BatchBuilder<number>()
    for (let i = 0; i < 1_000; i++) builder.add(i, i + 0.5, i - 100, i * 2)
    expect(builder.size).toBe(1_000)
    const batch = copyBatch(builder.take(5_000, true))
    expect(batch).toMatchObject({ size: 1_000, watermark: 5_000, idle: true, origin: undefined })
    for (let i = 0; i < 1_000; i++) {
      expect([batch.values[i], batch.times[i], batch.watermarks[i], batch.offsets[i]]).toEqual([
        i,
        i + 0.5,
        i - 100,
        i * 2,
      ])
    }
  })

  it('is empty after it was taken, and holds no record of before', () => {
    const builder = new BatchBuilder<string>()
    for (const value of ['a', 'b', 'c']) builder.add(value, 0, 0, 0)
    builder.take(0, false)
    expect(builder.size).toBe(0)
    builder.add('d', 0, 0, 0)
    expect(builder.take(0, false).values).toEqual(['d'])
  })

  it('hands over a watermark without a record', () => {
    expect(new BatchBuilder<string>().take(7, false)).toMatchObject({ size: 0, watermark: 7 })
    expect(watermarkBatch(7, true)).toMatchObject({ size: 0, watermark: 7, idle: true })
  })
})

describe('a copy of a batch', () => {
  it('ends at its size, and stays when the batch is rewritten', () => {
    const builder = new BatchBuilder<string>()
    for (const value of ['a', 'b', 'c']) builder.add(value, 1, 2, 3)
    const batch = builder.take(9, false)
    batch.size = 2
    const copy = copyBatch(batch)
    batch.values[0] = 'changed'
    batch.times[0] = 99
    batch.watermark = 99
    expect(copy.values).toEqual(['a', 'b'])
    expect([...copy.times]).toEqual([1, 1])
    expect(copy.watermark).toBe(9)
  })
})
