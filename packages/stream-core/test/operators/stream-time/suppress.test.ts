import { type InputItem, operatorHarness, verifyOperator } from '@rtp/stream-testing'
import { describe, expect, it } from 'vitest'
import { suppressRows, suppressWindows } from '../../../src/operators/stream-time/suppress-rows.ts'
import {
  type TimeLimitOptions,
  untilTimeLimit,
  untilWindowCloses,
} from '../../../src/operators/stream-time/suppression.ts'
import type { WindowUpdate } from '../../../src/windows/window-update.ts'
import { byKey } from '../by-key.ts'
import { gone, holds, holdsBefore } from './updates.ts'

interface Row {
  readonly key: string
  readonly n: number
}

const END = { watermark: Number.POSITIVE_INFINITY }

const rowsUntil = (limitMs: number, options?: TimeLimitOptions) =>
  suppressRows<Row>(
    untilTimeLimit(limitMs, options),
    byKey(({ key }) => key),
  )

const windowsUntilClosed = (closeDelayMs: number, maxRecords?: number) =>
  suppressWindows<string, string>(
    untilWindowCloses(maxRecords === undefined ? {} : { maxRecords }),
    false,
    closeDelayMs,
  )

function row(time: number, n: number, key = 'a') {
  return { value: { key, n }, time }
}

describe('suppress until a time limit', () => {
  it('lets out the newest update of a row once stream time is the limit above its first one', async () => {
    await verifyOperator(rowsUntil(10), {
      input: [row(0, 1), row(4, 2), row(9, 3, 'b'), row(10, 4), row(11, 5)],
      expected: [row(10, 4)],
    })
  })

  it('counts anew for the next update', async () => {
    await verifyOperator(rowsUntil(2), {
      input: [row(0, 1), row(1, 0), row(1, 1, 'b'), row(2, 2), row(3, 1, 'c'), row(4, 0, 'c'), row(4, 1, 'd')],
      expected: [row(2, 2), row(1, 1, 'b')],
    })
  })

  it('lets every update out at once where the limit is 0', async () => {
    await verifyOperator(rowsUntil(0), {
      input: [row(5, 1), row(5, 2), row(6, 3, 'b')],
      expected: [row(5, 1), row(5, 2), row(6, 3, 'b')],
    })
  })

  it('keeps rows of one time in the order of their keys', async () => {
    await verifyOperator(rowsUntil(10), {
      input: [row(0, 1, 'b'), row(0, 2, 'c'), row(0, 3, 'a'), row(10, 4, 'tick')],
      expected: [row(0, 3, 'a'), row(0, 1, 'b'), row(0, 2, 'c')],
    })
  })

  it('lets the first row out early when there are more than it may hold', async () => {
    await verifyOperator(rowsUntil(Number.POSITIVE_INFINITY, { maxRecords: 1 }), {
      input: [row(0, 1), row(1, 2), row(1, 3, 'b'), row(2, 4), row(3, 5, 'c')],
      expected: [row(1, 2), row(1, 3, 'b'), row(2, 4)],
    })
  })

  it('fails instead where that is asked for', () => {
    const harness = operatorHarness(rowsUntil(100, { maxRecords: 1, onFull: 'fail' }), { name: 'rows' })
    harness.record({ key: 'a', n: 1 }, 0)
    harness.record({ key: 'a', n: 2 }, 1)
    expect(() => harness.record({ key: 'b', n: 3 }, 2)).toThrow(/BUFFER_FULL: "rows" holds back more than its 1 rows/)
  })

  it('lets everything out at the end of the input', async () => {
    await verifyOperator(rowsUntil(Number.POSITIVE_INFINITY), {
      input: [row(3, 1), row(1, 2, 'b'), row(4, 3), END],
      expected: [row(1, 2, 'b'), row(4, 3), END],
    })
  })

  it('holds the watermark back to the earliest update that waits', async () => {
    await verifyOperator(rowsUntil(10), {
      input: [
        row(5, 1),
        { watermark: 4 },
        row(2, 2),
        { watermark: 6 },
        row(12, 3, 'b'),
        { watermark: 11 },
        row(15, 4, 'b'),
        { watermark: 20 },
      ],
      expected: [{ watermark: 4 }, row(2, 2), { watermark: 11 }],
    })
  })

  it('refuses limits that are none', () => {
    expect(() => untilTimeLimit(-1)).toThrow(/DURATION_INVALID/)
    expect(() => untilTimeLimit(5, { maxRecords: 1.5 })).toThrow(/BUFFER_INVALID/)
    expect(() => untilWindowCloses({ maxRecords: -1 })).toThrow(/BUFFER_INVALID/)
  })
})

describe('suppress until windows close', () => {
  const one = (update: { readonly value: WindowUpdate<string, string>; readonly time: number }) =>
    update as InputItem<WindowUpdate<string, string>>

  it('lets out the last update of a window [start, end) when stream time reaches its end and the grace period', async () => {
    await verifyOperator(windowsUntilClosed(1), {
      input: [
        one(holdsBefore(0, 2, '1', 0)),
        one(holdsBefore(0, 2, '2', 1)),
        one(holdsBefore(2, 4, '1', 2)),
        one(holdsBefore(0, 2, '3', 1)),
        one(holdsBefore(4, 6, '1', 5)),
      ],
      expected: [holdsBefore(0, 2, '3', 1), holdsBefore(2, 4, '1', 2)],
    })
  })

  it('waits a millisecond longer for bounds that are inclusive, so that a window comes out once', async () => {
    await verifyOperator(windowsUntilClosed(0), {
      input: [one(holds(0, 10, '1', 10)), one(holds(0, 10, '2', 10)), one(holds(1, 11, '1', 11))],
      expected: [holds(0, 10, '2', 10)],
    })
  })

  it('says nothing of a session that became another one', async () => {
    await verifyOperator(windowsUntilClosed(5), {
      input: [one(holds(0, 0, '1', 0)), one(gone(0, 0)), one(holds(0, 5, '2', 5)), one(holds(11, 11, '-', 11, 'b'))],
      expected: [holds(0, 5, '2', 5)],
    })
  })

  it('never lets a result out early: more windows than it may hold are an error', () => {
    const harness = operatorHarness(windowsUntilClosed(5, 1))
    harness.feed(one(holds(0, 0, '1', 0)))
    expect(() => harness.feed(one(holds(1, 1, '1', 1, 'b')))).toThrow(/BUFFER_FULL/)
  })
})
