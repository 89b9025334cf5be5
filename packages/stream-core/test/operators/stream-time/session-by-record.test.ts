import { operatorHarness, verifyOperator } from '@rtp/stream-testing'
import { describe, expect, it } from 'vitest'
import { count, customAggregate } from '../../../src/index.ts'
import { sessionByRecord } from '../../../src/operators/stream-time/session-by-record.ts'
import { byKey } from '../by-key.ts'
import { at, expired, gone, holds, sessionsOf, type Word } from './updates.ts'

const END = { watermark: Number.POSITIVE_INFINITY }

describe('a session by record', () => {
  it('reaches from its first record to its last, both inclusive, and takes back what it emitted when it grows', async () => {
    await verifyOperator(sessionsOf(10, 0, 'onUpdate'), {
      input: [at(0, 'x'), at(5, 'y'), at(16, 'z')],
      expected: [holds(0, 0, 'x', 0), gone(0, 0), holds(0, 5, 'xy', 5), holds(16, 16, 'z', 16)],
    })
  })

  it('takes a record that is exactly the gap away', async () => {
    await verifyOperator(sessionsOf(10, 0, 'onUpdate'), {
      input: [at(0, 'x'), at(10, 'y'), at(21, 'z')],
      expected: [holds(0, 0, 'x', 0), gone(0, 0), holds(0, 10, 'xy', 10), holds(21, 21, 'z', 21)],
    })
  })

  it('says the same session again, without taking it back, for a record of the only time in it', async () => {
    await verifyOperator(sessionsOf(10, 0, 'onUpdate'), {
      input: [at(3, 'x'), at(3, 'y')],
      expected: [holds(3, 3, 'x', 3), holds(3, 3, 'xy', 3)],
    })
  })

  it('is taken back and said anew by a record inside it', async () => {
    await verifyOperator(sessionsOf(5, 0, 'onUpdate'), {
      input: [at(0, 'x'), at(5, 'y'), at(1, 'z')],
      expected: [holds(0, 0, 'x', 0), gone(0, 0), holds(0, 5, 'xy', 5), gone(0, 5), holds(0, 5, 'xyz', 5)],
    })
  })

  it('merges with others that a record joins, each taken back, also with one that is closed', async () => {
    await verifyOperator(sessionsOf(10, 0, 'onUpdate'), {
      input: [at(0, 'x'), at(11, 'y'), at(5, 'z')],
      expected: [holds(0, 0, 'x', 0), holds(11, 11, 'y', 11), gone(0, 0), gone(11, 11), holds(0, 11, 'xyz', 11)],
    })
  })

  it('grows towards the past', async () => {
    await verifyOperator(sessionsOf(10, 5, 'onUpdate'), {
      input: [at(20, 'x'), at(12, 'y'), at(11, 'z'), at(25, 'w')],
      expected: [
        holds(20, 20, 'x', 20),
        gone(20, 20),
        holds(12, 20, 'xy', 20),
        gone(12, 20),
        holds(11, 20, 'xyz', 20),
        gone(11, 20),
        holds(11, 25, 'xyzw', 25),
      ],
    })
  })

  it('is closed to a record once it would end more than gap and grace behind stream time, whoever moved that on', async () => {
    await verifyOperator(sessionsOf(10, 1, 'onUpdate'), {
      input: [at(0, 'x'), at(11, '-', 'b'), at(0, 'y'), at(12, '-', 'b'), at(0, 'z')],
      expected: [
        holds(0, 0, 'x', 0),
        holds(11, 11, '-', 11, 'b'),
        holds(0, 0, 'xy', 0),
        gone(11, 11, 'b'),
        holds(11, 12, '--', 12, 'b'),
      ],
      sides: { late: [expired(0, 'z', 12, 0)] },
      metrics: { lateRecords: 1 },
    })
  })

  it('takes a record behind the close time that joins it while it is open', async () => {
    await verifyOperator(sessionsOf(10, 0, 'onClose'), {
      input: [at(0, 'x'), at(8, 'y'), at(16, 'z'), at(30, '-', 'b'), at(12, 'w'), at(2, 'late'), at(40, '-', 'b')],
      expected: [holds(0, 16, 'xyz', 16)],
      sides: { late: [expired(12, 'w', 30, 7), expired(2, 'late', 30, 17)] },
    })
    await verifyOperator(sessionsOf(10, 0, 'onClose'), {
      input: [at(0, 'x'), at(8, 'y'), at(16, 'z'), at(25, '-', 'b'), at(2, 'w'), at(27, '-', 'b')],
      expected: [holds(0, 16, 'xyzw', 16)],
      sides: { late: [] },
    })
  })
})

describe('a session that emits when it closes', () => {
  it('emits once, without taking anything back, in order of end, start and key', async () => {
    await verifyOperator(sessionsOf(10, 0, 'onClose'), {
      input: [at(0, 'x', 'b'), at(0, 'y', 'a'), at(0, 'z', 'c'), at(5, 'w', 'c'), at(15, '-', 'd'), at(16, '-', 'd')],
      expected: [holds(0, 0, 'y', 0, 'a'), holds(0, 0, 'x', 0, 'b'), holds(0, 5, 'zw', 5, 'c')],
    })
  })

  it('leaves a final result alone: a record that is near begins another session', async () => {
    await verifyOperator(sessionsOf(10, 5, 'onClose'), {
      input: [at(10, 'x'), at(26, '-', 'b'), at(12, 'y'), END],
      expected: [holds(10, 10, 'x', 10), holds(12, 12, 'y', 12), holds(26, 26, '-', 26, 'b')],
    })
  })

  it('emits everything at the end of the input', async () => {
    await verifyOperator(sessionsOf(10, 0, 'onClose'), {
      input: [at(0, 'x'), at(5, 'y', 'b'), at(3, 'z'), END],
      expected: [holds(0, 3, 'xz', 3), holds(5, 5, 'y', 5, 'b')],
    })
  })
})

describe('a session whose updates are cached', () => {
  it('emits its latest bounds and value when stream time enters another span, in the order of the last update', async () => {
    await verifyOperator(sessionsOf(30, 0, { onUpdateCached: 100 }), {
      input: [
        at(0, 'x'),
        at(1, 'y', 'b'),
        at(20, 'z'),
        at(99, 'w', 'b'),
        at(100, 'v'),
        at(150, '-'),
        at(230, '-', 'b'),
      ],
      expected: [
        holds(1, 1, 'y', 1, 'b'),
        holds(0, 20, 'xz', 20),
        holds(99, 99, 'w', 99, 'b'),
        holds(100, 100, 'v', 100),
        holds(150, 150, '-', 150),
        holds(230, 230, '-', 230, 'b'),
      ],
    })
  })

  it('takes back what it has emitted, and nothing else', async () => {
    await verifyOperator(sessionsOf(30, 0, { onUpdateCached: 10 }), {
      input: [at(0, 'x'), at(12, 'y'), at(15, 'z'), at(16, 'w'), at(21, 'v'), at(21, 'u'), END],
      expected: [holds(0, 12, 'xy', 12), gone(0, 12), holds(0, 21, 'xyzwv', 21), holds(0, 21, 'xyzwvu', 21)],
    })
  })

  it('is kept while its update waits, however long it has been closed', async () => {
    await verifyOperator(sessionsOf(5, 0, { onUpdateCached: Number.POSITIVE_INFINITY }), {
      input: [at(0, 'x'), at(500, 'y'), at(1000, 'z'), END],
      expected: [holds(0, 0, 'x', 0), holds(500, 500, 'y', 500), holds(1000, 1000, 'z', 1000)],
    })
  })
})

describe('the watermark behind sessions', () => {
  it('is held back to what is still to be emitted, so that no result is later than its records were', async () => {
    await verifyOperator(sessionsOf(10, 0, 'onClose'), {
      input: [
        at(5, 'x'),
        { watermark: 4 },
        at(12, 'y', 'b'),
        { watermark: 11 },
        at(16, 'z', 'b'),
        { watermark: 15 },
        END,
      ],
      expected: [{ watermark: 4 }, holds(5, 5, 'x', 5), { watermark: 15 }, holds(12, 16, 'yz', 16, 'b'), END],
    })
  })

  it('closes sessions by itself where no record does', async () => {
    await verifyOperator(sessionsOf(10, 2, 'onClose'), {
      input: [at(5, 'x'), { watermark: 16 }, { watermark: 17 }],
      expected: [{ watermark: 4 }, holds(5, 5, 'x', 5), { watermark: 17 }],
    })
  })
})

describe('what session-by-record cannot work with', () => {
  it('is a time before 1970', () => {
    const harness = operatorHarness(sessionsOf(10, 0, 'onUpdate'), { name: 'visits' })
    expect(() => harness.record({ key: 'a', text: 'x' }, -1)).toThrow(/EVENT_TIME_INVALID: "visits".*1970/)
  })

  it('is an aggregate that cannot be merged', () => {
    const counted = customAggregate<Word, number, number>(
      { create: () => 0, add: n => n + 1, finish: n => n },
      'counted',
    )
    const options = { key: byKey(({ key }: Word) => key), gapMs: 10, graceMs: 0, emit: 'onUpdate' } as const
    expect(() => sessionByRecord(counted, options)).toThrow(/AGGREGATE_INVALID: .*"counted"/)
  })

  it('is state of a newer release', () => {
    const spec = sessionByRecord(count(), { key: byKey(() => 'a'), gapMs: 10, graceMs: 0, emit: 'onUpdate' })
    expect(() => operatorHarness(spec).restart([Uint8Array.of(99)])).toThrow(/CHECKPOINT_NEWER_VERSION/)
  })
})
