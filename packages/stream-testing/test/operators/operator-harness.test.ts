import { type Batch, BatchBuilder, type OperatorSpec } from '@rtp/stream-core/extend'
import { describe, expect, it } from 'vitest'
import { batchOf, operatorHarness } from '../../src/index.ts'

/** Passes on the even numbers and counts them; says the count when it is quiet. */
const evens: OperatorSpec<number, string> = {
  kind: 'evens',
  stateful: true,
  sideOutputs: ['odd'],
  quietAfterMs: 100,
  start(context) {
    const builder = new BatchBuilder<string>()
    const odd = new BatchBuilder<number>()
    let count = 0
    return {
      onBatch(batch: Batch<number>) {
        context.metrics.recordsIn += batch.size
        for (let i = 0; i < batch.size; i++) {
          const value = batch.values[i]!
          if (value % 2 === 0) builder.add(`${value} is number ${++count}`, batch.times[i]!, batch.watermarks[i]!, 0)
          else odd.add(value, batch.times[i]!, batch.watermarks[i]!, 0)
        }
        context.side('odd')?.push(odd.take(batch.watermark, batch.idle))
        context.output.push(builder.take(batch.watermark, batch.idle))
      },
      onQuiet() {
        builder.add(`${count} so far`, 0, 7, 0)
        context.output.push(builder.take(7, false))
      },
      snapshot(state) {
        state.uint(count)
      },
      restore(state) {
        count = state.uint()
      },
    }
  },
}

describe('operatorHarness', () => {
  it('shows records and watermarks in the order in which a later operator would see them', () => {
    const harness = operatorHarness(evens)
    const batch = batchOf([2, 4, 6], { times: [20, 40, 60], watermarks: [10, 10, 30] })
    harness.batch({ ...batch, watermark: 50, idle: true })
    expect(harness.take()).toEqual([
      { watermark: 10 },
      { value: '2 is number 1', time: 20 },
      { value: '4 is number 2', time: 40 },
      { watermark: 30 },
      { value: '6 is number 3', time: 60 },
      { watermark: 50 },
      { idle: true },
    ])
    expect(harness.take()).toEqual([])
    harness.record(8, 80)
    expect(harness.take()).toEqual([{ active: true }, { value: '8 is number 4', time: 80 }])
  })

  it('keeps side outputs apart, and makes none that nobody consumes', () => {
    const harness = operatorHarness(evens)
    harness.record(3, 5)
    expect(harness.take()).toEqual([])
    expect(harness.takeSide('odd')).toEqual([{ value: 3, time: 5 }])
    const alone = operatorHarness(evens, { sides: [] })
    alone.record(3, 5)
    expect(() => alone.takeSide('odd')).toThrow('odd')
  })

  it('starts a fresh copy from snapshots', () => {
    const harness = operatorHarness(evens)
    harness.record(2)
    harness.restart([harness.snapshot('all')])
    harness.record(4)
    harness.restart([])
    harness.record(6)
    const values = harness.take().map(item => ('value' in item ? item.value : undefined))
    expect(values).toEqual(['2 is number 1', '4 is number 2', '6 is number 1'])
  })

  it('says that it is quiet once the time without a record is over', () => {
    const harness = operatorHarness(evens)
    harness.processingTime(1_000)
    harness.watermark(7)
    harness.record(2, 20)
    harness.processingTime(1_099)
    harness.take()
    harness.processingTime(1_100)
    harness.processingTime(1_300)
    expect(harness.take()).toEqual([{ value: '1 so far', time: 0 }])
  })

  it('finds an operator that lets its watermark go back', () => {
    const backwards: OperatorSpec<number, number> = {
      kind: 'backwards',
      start: context => ({
        onBatch(batch) {
          batch.watermark = -batch.watermark
          context.output.push(batch)
        },
      }),
    }
    const harness = operatorHarness(backwards)
    harness.watermark(1)
    expect(() => harness.watermark(2)).toThrow('WATERMARK_WENT_BACK')
  })

  it('spoils a batch whose loan has ended', () => {
    let kept: Batch<number> | undefined
    const keeper: OperatorSpec<number, number> = {
      kind: 'keeper',
      start: () => ({
        onBatch(batch) {
          kept = batch
        },
      }),
    }
    operatorHarness(keeper).batch(batchOf([5]))
    expect(kept?.values[0]).not.toBe(5)
  })

  it('refuses a restore that leaves state unread', () => {
    const forgetful: OperatorSpec<number, number> = {
      kind: 'forgetful',
      start: () => ({
        onBatch() {},
        snapshot: state => void state.uint(1).uint(2),
        restore: state => void state.uint(),
      }),
    }
    const harness = operatorHarness(forgetful)
    expect(() => harness.restart([harness.snapshot('all')])).toThrow('STATE_INVALID')
  })
})
