import { operatorHarness, verifyOperator } from '@rtp/stream-testing'
import { describe, expect, it } from 'vitest'
import { at, expired, holds, slidingOf } from './updates.ts'

const END = { watermark: Number.POSITIVE_INFINITY }

describe('sliding windows by record', () => {
  it('are the one that ends with each record and the one behind it, once that holds a record', async () => {
    await verifyOperator(slidingOf(10, 5, 'onUpdate'), {
      input: [at(10, '1'), at(14, '2'), at(15, '3'), at(22, '4'), at(26, '5'), at(30, '6')],
      order: 'betweenWatermarks',
      expected: [
        holds(0, 10, '1', 10),
        holds(4, 14, '12', 14),
        holds(5, 15, '123', 15),
        holds(11, 21, '2', 14),
        holds(11, 21, '23', 15),
        holds(12, 22, '234', 22),
        holds(15, 25, '3', 15),
        holds(15, 25, '34', 22),
        holds(16, 26, '4', 22),
        holds(16, 26, '45', 26),
        holds(20, 30, '456', 30),
        holds(23, 33, '5', 26),
        holds(23, 33, '56', 30),
        holds(27, 37, '6', 30),
      ],
    })
  })

  it('include both of their bounds', async () => {
    await verifyOperator(slidingOf(10, 0, 'onClose'), {
      input: [at(10, '1'), at(20, '2'), at(31, '3'), END],
      expected: [holds(0, 10, '1', 10), holds(10, 20, '12', 20), holds(11, 21, '2', 20), holds(21, 31, '3', 31)],
    })
  })

  it('are shared by records of one time', async () => {
    await verifyOperator(slidingOf(10, 0, 'onUpdate'), {
      input: [at(10, '1'), at(10, '2'), at(15, '3'), at(15, '4'), at(10, '5')],
      order: 'betweenWatermarks',
      expected: [
        holds(0, 10, '1', 10),
        holds(0, 10, '12', 10),
        holds(5, 15, '123', 15),
        holds(11, 21, '3', 15),
        holds(5, 15, '1234', 15),
        holds(11, 21, '34', 15),
        holds(5, 15, '12345', 15),
      ],
      sides: { late: [expired(10, '5', 15, 4)] },
    })
  })

  it('of a record out of order hold what is around it, and the one behind it does not hold itself', async () => {
    await verifyOperator(slidingOf(10, 50, 'onUpdate'), {
      input: [at(10, '1'), at(20, '2'), at(22, '3'), at(15, '4')],
      order: 'betweenWatermarks',
      expected: [
        holds(0, 10, '1', 10),
        holds(10, 20, '12', 20),
        holds(11, 21, '2', 20),
        holds(12, 22, '23', 22),
        holds(21, 31, '3', 22),
        holds(5, 15, '14', 15),
        holds(10, 20, '124', 20),
        holds(11, 21, '24', 20),
        holds(12, 22, '234', 22),
        holds(16, 26, '23', 22),
      ],
    })
  })

  it('do not start before 1970: early records share the first one', async () => {
    await verifyOperator(slidingOf(5, 0, 'onClose'), {
      input: [at(0, '1'), at(2, '2'), at(4, '3'), at(0, '4'), at(2, '5'), at(2, '6'), at(0, '7'), at(7, '8')],
      expected: [holds(0, 5, '1234567', 4), holds(1, 6, '2356', 4)],
    })
    await verifyOperator(slidingOf(50, 0, 'onClose'), {
      input: [at(0, '1'), at(5, '2'), at(6, '3'), at(3, '4'), at(13, '5'), at(10, '6'), at(70, '7')],
      expected: [
        holds(0, 50, '123456', 13),
        holds(1, 51, '23456', 13),
        holds(4, 54, '2356', 13),
        holds(6, 56, '356', 13),
        holds(7, 57, '56', 13),
        holds(11, 61, '5', 13),
      ],
    })
  })

  it('close to a record one by one, and it still counts in the others', async () => {
    await verifyOperator(slidingOf(10, 0, 'onClose'), {
      input: [
        ...[at(100, '1', 'e'), at(105, '3', 'e'), at(106, '4', 'e'), at(103, '2', 'e'), at(113, '6', 'e')],
        ...[at(110, '5', 'e'), at(104, '7', 'e'), at(102, '8', 'e'), at(115, '9', 'e')],
      ],
      expected: [
        holds(90, 100, '1', 100, 'e'),
        holds(95, 105, '13', 105, 'e'),
        holds(96, 106, '1342', 106, 'e'),
        holds(101, 111, '342', 106, 'e'),
        holds(103, 113, '342657', 113, 'e'),
        holds(104, 114, '34657', 113, 'e'),
      ],
      sides: {
        late: [
          expired(103, '2', 106, 2, 'e'),
          expired(110, '5', 113, 2, 'e'),
          expired(104, '7', 113, 8, 'e'),
          expired(102, '8', 113, 10, 'e'),
        ],
      },
    })
  })

  it('turn away a record once even the window behind it is closed', async () => {
    await verifyOperator(slidingOf(10, 90, 'onUpdate'), {
      input: [at(200, '1'), at(99, '2'), at(100, '3'), at(15, '4'), at(300, '5')],
      expected: [holds(190, 200, '1', 200), holds(290, 300, '5', 300)],
      sides: { late: [expired(99, '2', 200, 10), expired(100, '3', 200, 9), expired(15, '4', 200, 94)] },
      metrics: { lateRecords: 3 },
    })
  })

  it('are closed by the records of any key, and kept for what later windows take from them', async () => {
    await verifyOperator(slidingOf(10, 0, 'onClose'), {
      input: [at(10, '1'), at(14, '-', 'b'), at(15, '2'), at(16, '-', 'b')],
      expected: [holds(0, 10, '1', 10), holds(4, 14, '-', 14, 'b'), holds(5, 15, '12', 15)],
    })
  })

  it('of no difference at all hold the records of one millisecond', async () => {
    await verifyOperator(slidingOf(0, 1, 'onClose'), {
      input: [at(3, '1'), at(4, '2'), at(3, '3'), at(4, '4'), at(6, '5'), END],
      expected: [holds(3, 3, '13', 3), holds(4, 4, '24', 4), holds(6, 6, '5', 6)],
    })
  })

  it('emit only the latest of their updates where these are cached', async () => {
    await verifyOperator(slidingOf(10, 0, { onUpdateCached: 20 }), {
      input: [at(10, '1'), at(14, '2'), at(19, '3'), at(21, '4'), at(23, '5'), END],
      expected: [
        holds(0, 10, '1', 10),
        holds(4, 14, '12', 14),
        holds(9, 19, '123', 19),
        holds(15, 25, '34', 21),
        holds(11, 21, '234', 21),
        holds(20, 30, '4', 21),
        holds(15, 25, '345', 23),
        holds(20, 30, '45', 23),
        holds(22, 32, '5', 23),
        holds(13, 23, '2345', 23),
      ],
      order: 'betweenWatermarks',
    })
  })

  it('hold the watermark back to the start of the first that is still to emit', async () => {
    await verifyOperator(slidingOf(10, 0, 'onClose'), {
      input: [at(15, '1'), { watermark: 14 }, at(40, '2'), { watermark: 39 }, END],
      expected: [{ watermark: 4 }, holds(5, 15, '1', 15), { watermark: 29 }, holds(30, 40, '2', 40), END],
    })
  })

  it('refuse a time before 1970', () => {
    const harness = operatorHarness(slidingOf(10, 0, 'onUpdate'))
    expect(() => harness.record({ key: 'a', text: 'x' }, -5)).toThrow(/EVENT_TIME_INVALID/)
  })
})
