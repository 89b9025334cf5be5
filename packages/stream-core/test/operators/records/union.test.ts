import { operatorHarness, verifyOperator } from '@rtp/stream-testing'
import { describe, expect, it } from 'vitest'
import { union } from '../../../src/operators/records/union.ts'

describe('union', () => {
  it('passes on the records of every input as they come', async () => {
    await verifyOperator(union<string>(2), {
      input: [
        { value: 'a', time: 1 },
        { value: 'b', time: 2, input: 1 },
        { value: 'c', time: 3 },
      ],
      expected: [
        { value: 'a', time: 1 },
        { value: 'b', time: 2 },
        { value: 'c', time: 3 },
      ],
    })
  })

  it('has the lowest watermark of its inputs, and none before each has one', async () => {
    await verifyOperator(union<string>(2), {
      input: [
        { watermark: 10 },
        { value: 'a', time: 11 },
        { watermark: 4, input: 1 },
        { value: 'b', time: 5, input: 1 },
        { watermark: 20, input: 1 },
        { value: 'c', time: 21, input: 1 },
        { watermark: 30 },
      ],
      expected: [
        { value: 'a', time: 11 },
        { watermark: 4 },
        { value: 'b', time: 5 },
        { watermark: 10 },
        { value: 'c', time: 21 },
        { watermark: 20 },
      ],
    })
  })

  it('does not wait for an idle input, and is idle itself when all of them are', async () => {
    await verifyOperator(union<string>(2), {
      input: [
        { watermark: 7 },
        { idle: true, input: 1 },
        { watermark: 9 },
        { value: 'a', time: 12 },
        { idle: true },
        { value: 'b', time: 3, input: 1 },
      ],
      expected: [{ watermark: 9 }, { value: 'a', time: 12 }, { idle: true }, { active: true }, { value: 'b', time: 3 }],
    })
  })

  it('ignores what an idle input says of its watermark until it is active', async () => {
    await verifyOperator(union<string>(1), {
      input: [{ watermark: 25 }, { idle: true }, { watermark: 50 }, { active: true }, { value: 'a', time: 60 }],
      expected: [{ watermark: 25 }, { idle: true }, { active: true }, { watermark: 50 }, { value: 'a', time: 60 }],
    })
  })

  it('tells which input holds its watermark back', () => {
    const harness = operatorHarness(union<string>(2))
    harness.watermark(1_000)
    expect(harness.inspect()?.text).toBe('the watermark is none yet: it is that of input 2 of 2')
    harness.watermark(3_000, { input: 1 })
    expect(harness.inspect()).toEqual({
      text: 'the watermark is 1970-01-01T00:00:01.000Z: it is that of input 1 of 2',
      watermark: 1_000,
    })
    harness.idle()
    harness.idle({ input: 1 })
    expect(harness.inspect()?.text).toContain('none of its inputs counts for it, as all are idle')
  })

  it('releases the highest watermark of all when the last input goes idle', async () => {
    await verifyOperator(union<string>(2), {
      input: [
        { watermark: 5 },
        { watermark: 4, input: 1 },
        { idle: true },
        { watermark: 3, input: 1 },
        { idle: true, input: 1 },
      ],
      expected: [{ watermark: 5 }, { idle: true }],
    })
  })

  it('is neither taken back nor held back by an input that wakes up behind', async () => {
    await verifyOperator(union<string>(2), {
      input: [
        { watermark: 2, input: 1 },
        { idle: true, input: 1 },
        { watermark: 50 },
        { value: 'late', time: 6, input: 1 },
        { watermark: 10, input: 1 },
        { watermark: 60 },
        { watermark: 55, input: 1 },
        { watermark: 62, input: 1 },
        { watermark: 70 },
      ],
      expected: [{ watermark: 50 }, { value: 'late', time: 6 }, { watermark: 62 }],
    })
  })

  it('before event time passes idleness on for the partition that it is said of, and holds back the end', async () => {
    const END = Number.POSITIVE_INFINITY
    await verifyOperator(union<string>(2, false), {
      input: [
        { value: 'a' },
        { idle: true },
        { watermark: END },
        { value: 'b', input: 1 },
        { watermark: END, input: 1 },
      ],
      expected: [{ value: 'a' }, { idle: true }, { active: true }, { value: 'b' }, { watermark: END }],
    })
  })

  it('ends when the last input ends', async () => {
    await verifyOperator(union<string>(2), {
      input: [
        { watermark: Number.POSITIVE_INFINITY },
        { value: 'b', time: 3, input: 1 },
        { watermark: 8, input: 1 },
        { watermark: Number.POSITIVE_INFINITY, input: 1 },
      ],
      expected: [{ value: 'b', time: 3 }, { watermark: Number.POSITIVE_INFINITY }],
    })
  })
})
