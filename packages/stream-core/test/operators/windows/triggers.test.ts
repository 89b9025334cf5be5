import { verifyOperator } from '@rtp/stream-testing'
import { describe, expect, test } from 'vitest'
import {
  afterEndOfWindow,
  afterProcessingTime,
  delta,
  everyCount,
  everyEventTime,
  everyProcessingTime,
  everyRecord,
  global,
  never,
  onlyFinal,
  purging,
  type Trigger,
} from '../../../src/index.ts'
import { at, late, type Reading } from '../reading.ts'
import { belated, complete, early, emitted, final, ofAllTime, windowed } from './readings-in-windows.ts'

describe('everyCount', () => {
  test('emits with each n-th record of a window and key, and not at the end', async () => {
    await verifyOperator(windowed({ trigger: everyCount(2) }), {
      input: [at(0, 1), at(1, 2, 'b'), at(2, 3), at(11, 4), at(3, 5), at(4, 6), { watermark: 100 }],
      expected: [emitted(0, 10, [1, 3], early(0)), emitted(0, 10, [1, 3, 5, 6], early(1))],
    })
  })

  test('goes on counting where a checkpoint left off, also behind the end of the window', async () => {
    await verifyOperator(windowed({ trigger: everyCount(2), allowedLatenessMs: 20 }), {
      input: [at(0, 1), { watermark: 15 }, at(1, 2), at(2, 3), at(3, 4)],
      expected: [emitted(0, 10, [1, 2], belated(0)), emitted(0, 10, [1, 2, 3, 4], belated(1))],
    })
  })

  test.each([0, -1, 1.5, Number.NaN])('takes no count of %s', count => {
    expect(() => everyCount(count)).toThrow(/WINDOW_INVALID: everyCount\(count\) takes a whole number/)
  })
})

describe('purging', () => {
  test('makes each result one of later records only', async () => {
    await verifyOperator(windowed({ trigger: purging(everyCount(2)) }), {
      input: [at(0, 1), at(1, 2), at(2, 3), at(3, 4), at(4, 5), { watermark: 100 }],
      expected: [emitted(0, 10, [1, 2], early(0)), emitted(0, 10, [3, 4], early(1))],
    })
  })

  test('emits a late record alone, and nothing once the window is forgotten', async () => {
    await verifyOperator(windowed({ trigger: purging(afterEndOfWindow()), allowedLatenessMs: 5 }), {
      input: [at(0, 1), { watermark: 9 }, at(1, 2), { watermark: 14 }, at(2, 3)],
      expected: [emitted(0, 10, [1], complete(0)), emitted(0, 10, [2], belated(1))],
      sides: { late: [late(2, 3, 14, 0)] },
    })
  })
})

describe('everyEventTime', () => {
  test('emits at each multiple that the watermark reaches, at the end, and for each late record', async () => {
    await verifyOperator(windowed({ trigger: everyEventTime(4), allowedLatenessMs: 10 }), {
      input: [at(1, 1), { watermark: 4 }, { watermark: 5 }, at(6, 2), { watermark: 9 }, at(2, 3), { watermark: 30 }],
      expected: [
        emitted(0, 10, [1], early(0)),
        { watermark: 4 },
        { watermark: 5 },
        emitted(0, 10, [1, 2], early(1)),
        emitted(0, 10, [1, 2], complete(2)),
        { watermark: 9 },
        emitted(0, 10, [1, 2, 3], belated(3)),
        { watermark: 30 },
      ],
    })
  })

  test('emits what a window without end holds at the end of the input', async () => {
    await verifyOperator(windowed({ assigner: global(), trigger: everyEventTime(4) }), {
      input: [at(1, 1), { watermark: 5 }, { watermark: Number.POSITIVE_INFINITY }],
      expected: [ofAllTime([1], complete(0)), ofAllTime([1], complete(1)), ofAllTime([1], final(2))],
    })
  })
})

describe('everyProcessingTime', () => {
  test('emits at each multiple that the wall clock reaches, until the window is forgotten', async () => {
    await verifyOperator(windowed({ trigger: everyProcessingTime(100) }), {
      input: [
        { processingTime: 130 },
        at(1, 1),
        { processingTime: 199 },
        { processingTime: 200 },
        at(2, 2),
        { processingTime: 350 },
        { watermark: 20 },
        { processingTime: 1000 },
      ],
      expected: [emitted(0, 10, [1], early(0)), emitted(0, 10, [1, 2], early(1))],
    })
  })
})

describe('afterProcessingTime', () => {
  test('emits once for the records of a while, and then waits for the next record', async () => {
    await verifyOperator(windowed({ trigger: afterProcessingTime(100) }), {
      input: [
        { processingTime: 130 },
        at(1, 1),
        { processingTime: 200 },
        at(2, 2),
        { processingTime: 229 },
        { processingTime: 230 },
        { processingTime: 900 },
        at(3, 3),
        { processingTime: 1000 },
      ],
      expected: [emitted(0, 10, [1, 2], early(0)), emitted(0, 10, [1, 2, 3], early(1))],
    })
  })
})

describe('delta', () => {
  test('emits with a record that is far enough from the last that did', async () => {
    const trigger = delta<Reading>(5, (then, now) => now.n - then.n)
    await verifyOperator(windowed({ assigner: global(), trigger }), {
      input: [at(0, 10), at(1, 15), at(2, 16), at(3, 20), at(4, 22)],
      expected: [ofAllTime([10, 15, 16], complete(0)), ofAllTime([10, 15, 16, 20, 22], complete(1))],
    })
  })
})

describe('afterEndOfWindow', () => {
  test('emits by the early trigger before the end, at the end, and by the late one behind it', async () => {
    const trigger = afterEndOfWindow({ early: everyCount(2), late: everyCount(2) })
    await verifyOperator(windowed({ trigger, allowedLatenessMs: 10 }), {
      input: [at(0, 1), at(1, 2), at(2, 3), { watermark: 9 }, at(3, 4), at(4, 5), at(5, 6), { watermark: 30 }],
      expected: [
        emitted(0, 10, [1, 2], early(0)),
        emitted(0, 10, [1, 2, 3], complete(1)),
        { watermark: 9 },
        emitted(0, 10, [1, 2, 3, 4, 5], belated(2)),
        { watermark: 30 },
      ],
    })
  })

  test('emits for each late record where no late trigger is named', async () => {
    await verifyOperator(windowed({ trigger: afterEndOfWindow({ early: everyRecord() }), allowedLatenessMs: 10 }), {
      input: [at(0, 1), { watermark: 9 }, at(3, 2), at(4, 3)],
      expected: [
        emitted(0, 10, [1], early(0)),
        emitted(0, 10, [1], complete(1)),
        emitted(0, 10, [1, 2], belated(2)),
        emitted(0, 10, [1, 2, 3], belated(3)),
      ],
    })
  })

  test('emits late by the wall clock where the late trigger says so', async () => {
    const trigger = afterEndOfWindow({ late: afterProcessingTime(50) })
    await verifyOperator(windowed({ trigger, allowedLatenessMs: 10 }), {
      input: [
        at(0, 1),
        { watermark: 9 },
        { processingTime: 100 },
        at(3, 2),
        at(4, 3),
        { processingTime: 150 },
        { processingTime: 500 },
      ],
      expected: [emitted(0, 10, [1], complete(0)), emitted(0, 10, [1, 2, 3], belated(1))],
    })
  })
})

describe('onlyFinal', () => {
  test('emits once, when no record can change the result any more', async () => {
    await verifyOperator(windowed({ trigger: onlyFinal(), allowedLatenessMs: 5 }), {
      input: [at(0, 1), { watermark: 9 }, at(1, 2), { watermark: 13 }, { watermark: 14 }, at(2, 3)],
      expected: [{ watermark: 9 }, { watermark: 13 }, emitted(0, 10, [1, 2], final(0)), { watermark: 14 }],
      sides: { late: [late(2, 3, 14, 0)] },
    })
  })
})

describe('never', () => {
  test('emits nothing', async () => {
    await verifyOperator(windowed({ trigger: never() }), {
      input: [at(0, 1), { watermark: Number.POSITIVE_INFINITY }],
      expected: [],
    })
  })
})

describe('a trigger of your own', () => {
  /** Fires and purges at the end of the window, and again when it is forgotten. */
  const twice: Trigger<Reading, never> = {
    name: 'at the end and when forgotten',
    onRecord(_reading, _time, context) {
      context.setTimer(context.endsAt)
      context.setTimer(context.forgottenAt)
      return 'continue'
    },
    onEventTime: () => 'fireAndPurge',
  }

  test('may ask an empty window to emit, which emits nothing', async () => {
    await verifyOperator(windowed({ trigger: twice, allowedLatenessMs: 100 }), {
      input: [at(0, 1), { watermark: 9 }, { watermark: 200 }],
      expected: [emitted(0, 10, [1], complete(0))],
    })
  })

  test('says by the result before whether another can follow', async () => {
    await verifyOperator(windowed({ trigger: { ...twice, onEventTime: () => 'fire' }, allowedLatenessMs: 100 }), {
      input: [at(0, 1), { watermark: 500 }],
      expected: [emitted(0, 10, [1], complete(0)), emitted(0, 10, [1], { timing: 'late', index: 1, isLast: true })],
    })
  })

  test('keeps its state and timers over a checkpoint, and can take a timer back', async () => {
    /** Emits 100 ms behind the last record of a window, by the wall clock. */
    const whenSilent: Trigger<Reading, number> = {
      name: 'after 100 ms of silence',
      usesProcessingTime: true,
      onRecord(_reading, _time, context) {
        if (context.state !== undefined) context.deleteProcessingTimer(context.state)
        context.state = context.processingTime + 100
        context.setProcessingTimer(context.state)
        return 'continue'
      },
      onProcessingTime: () => 'fire',
    }
    await verifyOperator(windowed({ trigger: whenSilent }), {
      input: [at(0, 1), { processingTime: 60 }, at(1, 2), { processingTime: 120 }, { processingTime: 160 }],
      expected: [emitted(0, 10, [1, 2], early(0))],
    })
  })

  test('must say that it uses a clock', async () => {
    const trigger: Trigger = {
      name: 'undeclared',
      onRecord(_value, _time, context) {
        context.setProcessingTimer(5)
        return 'continue'
      },
    }
    await expect(verifyOperator(windowed({ trigger }), { input: [at(0, 1)], expected: [] })).rejects.toThrow(
      /WINDOW_INVALID: .*usesProcessingTime: true/,
    )
  })

  test('that throws names the record', async () => {
    const trigger: Trigger = {
      name: 'broken',
      onRecord() {
        throw new Error('no luck')
      },
    }
    await expect(verifyOperator(windowed({ trigger }), { input: [at(0, 1)], expected: [] })).rejects.toThrow(
      /USER_FUNCTION_FAILED: .*no luck/,
    )
  })
})
