import { operatorHarness, verifyOperator } from '@rtp/stream-testing'
import { describe, expect, it } from 'vitest'
import { at, expired, holdsBefore, windowsOf } from './updates.ts'

const END = { watermark: Number.POSITIVE_INFINITY }

describe('a window by stream time', () => {
  it('says what it holds for every record; its time is the highest of its records', async () => {
    await verifyOperator(windowsOf(10, 5, 100, 'onUpdate'), {
      input: [at(0, '1'), at(9, '2'), at(5, '3'), at(3, '4')],
      expected: [
        holdsBefore(0, 10, '1', 0),
        holdsBefore(0, 10, '12', 9),
        holdsBefore(5, 15, '2', 9),
        holdsBefore(0, 10, '123', 9),
        holdsBefore(5, 15, '23', 9),
        holdsBefore(0, 10, '1234', 9),
      ],
    })
  })

  it('closes when stream time reaches its end and the grace period, not before', async () => {
    await verifyOperator(windowsOf(10, 10, 5, 'onClose'), {
      input: [at(0, '1'), at(14, '-', 'b'), at(9, '2'), at(15, '-', 'b'), at(9, '3')],
      expected: [holdsBefore(0, 10, '12', 9)],
      sides: { late: [expired(9, '3', 15, 0)] },
    })
  })

  it('closes together with others in order of end and key, whichever key came first', async () => {
    await verifyOperator(windowsOf(10, 5, 5, 'onClose'), {
      input: [at(0, '1', 'c'), at(5, '2', 'b'), at(5, '3', 'a'), at(40, '-', 'z')],
      expected: [
        holdsBefore(0, 10, '3', 5, 'a'),
        holdsBefore(0, 10, '2', 5, 'b'),
        holdsBefore(0, 10, '1', 0, 'c'),
        holdsBefore(5, 15, '3', 5, 'a'),
        holdsBefore(5, 15, '2', 5, 'b'),
      ],
    })
  })

  it('takes a record that is late for another of its windows, which is in the late output all the same', async () => {
    await verifyOperator(windowsOf(10, 5, 90, 'onUpdate'), {
      input: [at(100, '1'), at(0, '2'), at(5, '3'), at(6, '4')],
      expected: [
        holdsBefore(95, 105, '1', 100),
        holdsBefore(100, 110, '1', 100),
        holdsBefore(5, 15, '3', 5),
        holdsBefore(5, 15, '34', 6),
      ],
      sides: { late: [expired(0, '2', 100, 0), expired(5, '3', 100, 0), expired(6, '4', 100, 0)] },
      metrics: { lateRecords: 3 },
    })
  })

  it('never starts before 1970, so that early records are in fewer', async () => {
    await verifyOperator(windowsOf(10, 3, 0, 'onClose'), {
      input: [at(1, '1'), at(4, '2'), END],
      expected: [holdsBefore(0, 10, '12', 4), holdsBefore(3, 13, '2', 4)],
    })
    const harness = operatorHarness(windowsOf(10, 3, 0, 'onClose'))
    expect(() => harness.record({ key: 'a', text: 'x' }, -1)).toThrow(/EVENT_TIME_INVALID/)
  })

  it('emits the latest of its updates where they are cached, whenever stream time enters another span', async () => {
    await verifyOperator(windowsOf(10, 10, 0, { onUpdateCached: 5 }), {
      input: [
        at(0, '1'),
        at(1, '2', 'b'),
        at(4, '3'),
        at(5, '4', 'b'),
        at(6, '5'),
        at(33, '-', 'c'),
        at(34, '-', 'c'),
        END,
      ],
      expected: [
        holdsBefore(0, 10, '13', 4),
        holdsBefore(0, 10, '24', 5, 'b'),
        holdsBefore(0, 10, '135', 6),
        holdsBefore(30, 40, '-', 33, 'c'),
        holdsBefore(30, 40, '--', 34, 'c'),
      ],
    })
  })

  it('of a key that comes no more leaves nothing in the state', () => {
    const harness = operatorHarness(windowsOf(10, 10, 0, 'onUpdate'))
    const before = harness.snapshot('all').length
    for (let i = 0; i < 100; i++) harness.record({ key: `k${i}`, text: 'x' }, i)
    harness.record({ key: 'k', text: 'x' }, 1_000)
    const oneWindow = harness.snapshot('all').length
    expect(oneWindow - before).toBeLessThan(80)
  })

  it('says at which stream time it closes', () => {
    const harness = operatorHarness(windowsOf(10, 10, 5, 'onUpdate'))
    harness.record({ key: 'a', text: 'x' }, 3)
    const answer = harness.inspect({ key: 'a', windowStart: 0 })
    expect(answer?.waitsFor).toBe(15)
    expect(answer?.text).toBe('the window from 0 to 10 closes when stream time reaches 15; it is 3.')
    expect(harness.inspect({ key: 'b', windowStart: 0 })).toBeUndefined()
  })

  it('is described in explain()', () => {
    expect(windowsOf(10, 10, 5, 'onUpdate').detail).toBe('10 ms, grace 5 ms; spelled; emits every update')
    expect(windowsOf(10, 5, 5, 'onClose').detail).toBe('10 ms every 5 ms, grace 5 ms; spelled; emits when it closes')
  })
})
