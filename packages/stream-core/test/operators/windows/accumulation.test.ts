import { verifyOperator } from '@rtp/stream-testing'
import { describe, test } from 'vitest'
import { afterEndOfWindow, count, everyCount, everyRecord } from '../../../src/index.ts'
import { at } from '../reading.ts'
import { belated, change, complete, early, emitted, final, retracted, windowed } from './readings-in-windows.ts'

const trigger = afterEndOfWindow({ early: everyCount(2) })

describe('a window that emits several times', () => {
  test('accumulates by default: each result holds everything so far', async () => {
    await verifyOperator(windowed({ trigger }), {
      input: [at(0, 1), at(1, 2), at(2, 3), { watermark: 9 }],
      expected: [emitted(0, 10, [1, 2], early(0)), emitted(0, 10, [1, 2, 3], final(1))],
    })
  })

  test('may discard: each result holds what came since the last, and one without anything new is left out', async () => {
    await verifyOperator(windowed({ trigger, accumulation: 'discard', allowedLatenessMs: 10 }), {
      input: [
        at(0, 1),
        at(1, 2),
        at(10, 9),
        at(2, 3),
        { watermark: 9 },
        at(3, 4),
        { watermark: 15 },
        at(14, 8),
        { watermark: 40 },
      ],
      expected: [
        emitted(0, 10, [1, 2], early(0)),
        emitted(0, 10, [3], complete(1)),
        emitted(0, 10, [4], belated(2)),
        emitted(10, 20, [9, 8], early(0)),
      ],
    })
  })

  test('may retract: the last result is taken back before the next comes', async () => {
    const spec = retracted({ trigger, allowedLatenessMs: 10 })
    await verifyOperator(spec, {
      input: [at(0, 1), at(1, 2), at(2, 3), { watermark: 9 }, at(3, 4)],
      expected: [
        change('insert', emitted(0, 10, [1, 2], early(0))),
        change('updateBefore', emitted(0, 10, [1, 2], early(0))),
        change('updateAfter', emitted(0, 10, [1, 2, 3], complete(1))),
        change('updateBefore', emitted(0, 10, [1, 2, 3], complete(1))),
        change('updateAfter', emitted(0, 10, [1, 2, 3, 4], belated(2))),
      ],
    })
  })

  test('retracts nothing where the result is as before', async () => {
    await verifyOperator(retracted({ trigger: afterEndOfWindow({ early: everyRecord() }) }), {
      input: [at(0, 1), { watermark: 9 }],
      expected: [change('insert', emitted(0, 10, [1], early(0)))],
    })
  })

  test('retracts each of several results of a function, and deletes those that it no longer gives', async () => {
    const spec = retracted({ trigger: everyRecord() })
    const each = { ...spec }
    const computed = windowed(
      { trigger: everyRecord(), accumulation: 'retract' },
      { aggregate: count(), function: (n: number) => (n % 2 === 1 ? ['odd', n] : [n]) },
    )
    await verifyOperator({ ...each, start: computed.start } as unknown as typeof spec, {
      input: [at(0, 1), at(1, 2), at(2, 3)],
      expected: [
        change('insert', emitted(0, 10, 'odd', early(0))),
        change('insert', emitted(0, 10, 1, early(0))),
        change('delete', emitted(0, 10, 1, early(0))),
        change('updateBefore', emitted(0, 10, 'odd', early(0))),
        change('updateAfter', emitted(0, 10, 2, early(1))),
        change('updateBefore', emitted(0, 10, 2, early(1))),
        change('updateAfter', emitted(0, 10, 'odd', early(2))),
        change('insert', emitted(0, 10, 3, early(2))),
      ] as never,
    })
  })
})
