import { operatorHarness, verifyOperator } from '@rtp/stream-testing'
import { describe, expect, it } from 'vitest'
import { type DeduplicateOptions, deduplicate } from '../../../src/operators/changelog/deduplicate.ts'
import { byKey } from '../by-key.ts'
import { after, before, insert } from './change.ts'

interface Price {
  readonly item: string
  readonly price: number
}

const price = (value: number, item = 'a'): Price => ({ item, price: value })
const dedup = (options: DeduplicateOptions) =>
  deduplicate<Price>(
    options,
    byKey(row => row.item),
  )
const at = (time: number, value: Price) => ({ value, time })

describe('deduplicate by event time', () => {
  it('keeps the first row, and replaces it by one that is earlier', async () => {
    await verifyOperator(dedup({ keep: 'first', by: 'eventTime' }), {
      input: [at(100, price(1)), at(100, price(2)), at(110, price(3)), at(90, price(4)), at(5, price(5, 'b'))],
      expected: [
        { value: insert(price(1)), time: 100 },
        // Each change has the event time of its own row.
        { value: before(price(1)), time: 100 },
        { value: after(price(4)), time: 90 },
        { value: insert(price(5, 'b')), time: 5 },
      ],
    })
  })

  it('keeps the last row; of equal times the one that came last', async () => {
    await verifyOperator(dedup({ keep: 'last', by: 'eventTime' }), {
      input: [at(100, price(1)), at(99, price(2)), at(100, price(3))],
      expected: [
        { value: insert(price(1)), time: 100 },
        { value: before(price(1)), time: 100 },
        { value: after(price(3)), time: 100 },
      ],
    })
  })

  it('leaves out what was before when nobody needs it', async () => {
    const input = [at(1, price(1)), at(2, price(2))]
    await verifyOperator(dedup({ keep: 'last', by: 'eventTime', updateBefore: false }), {
      input,
      expected: [{ value: insert(price(1)) }, { value: after(price(2)) }],
    })
    await verifyOperator(dedup({ keep: 'last', by: 'eventTime', updateBefore: false, insert: false }), {
      input,
      expected: [{ value: after(price(1)) }, { value: after(price(2)) }],
    })
    // With updateBefore a first row has to be told from a further one.
    await verifyOperator(dedup({ keep: 'last', by: 'eventTime', insert: false }), {
      input,
      expected: [{ value: insert(price(1)) }, { value: before(price(1)) }, { value: after(price(2)) }],
    })
  })

  it('takes a key for new once the TTL has passed', async () => {
    await verifyOperator(dedup({ keep: 'first', by: 'eventTime', ttl: { ms: 10, clock: 'processingTime' } }), {
      input: [at(99, price(1)), { processingTime: 9 }, at(98, price(2)), { processingTime: 18 }, at(99, price(3))],
      expected: [{ value: insert(price(1)) }, { value: before(price(1)) }, { value: after(price(2)) }],
    })
    await verifyOperator(dedup({ keep: 'first', by: 'eventTime', ttl: { ms: 10, clock: 'processingTime' } }), {
      input: [at(99, price(1)), { processingTime: 10 }, at(400, price(2))],
      expected: [{ value: insert(price(1)) }, { value: insert(price(2)) }],
    })
  })
})

describe('deduplicate by arrival', () => {
  it('keeps the first row, in inserts alone', async () => {
    await verifyOperator(dedup({ keep: 'first', by: 'arrival' }), {
      input: [at(100, price(1)), at(1, price(2)), at(2, price(3, 'b'))],
      expected: [
        { value: insert(price(1)), time: 100 },
        { value: insert(price(3, 'b')), time: 2 },
      ],
    })
  })

  it('keeps the last row, and says nothing of one that is the same', async () => {
    await verifyOperator(dedup({ keep: 'last', by: 'arrival' }), {
      input: [{ value: price(1) }, { value: price(1) }, { value: price(2) }],
      expected: [{ value: insert(price(1)) }, { value: before(price(1)) }, { value: after(price(2)) }],
    })
  })

  it('repeats a row that is the same where there is a TTL, for state downstream', async () => {
    await verifyOperator(dedup({ keep: 'last', by: 'arrival', ttl: { ms: 10, clock: 'processingTime' } }), {
      input: [{ value: price(1) }, { value: price(1) }, { processingTime: 30 }, { value: price(2) }],
      expected: [
        { value: insert(price(1)) },
        { value: before(price(1)) },
        { value: after(price(1)) },
        { value: insert(price(2)) },
      ],
    })
  })

  it('needs no state when every change is an updateAfter', () => {
    const harness = operatorHarness(dedup({ keep: 'last', by: 'arrival', updateBefore: false, insert: false }))
    for (let i = 0; i < 1_000; i++) harness.record(price(i, `item ${i}`))
    expect(harness.take().filter(item => 'value' in item && item.value.op === 'updateAfter')).toHaveLength(1_000)
    expect(harness.snapshot('all').length).toBeLessThan(20)
  })
})

describe('deduplicate', () => {
  it('refuses what it cannot keep', () => {
    expect(() => dedup({ keep: 'middle' as 'first', by: 'arrival' })).toThrow("Keep 'first' or 'last'")
    expect(() => dedup({ keep: 'first', by: 'size' as 'arrival' })).toThrow('GRAPH_INVALID')
  })

  it('needs event time only where it goes by it', () => {
    expect(dedup({ keep: 'last', by: 'eventTime' }).needsEventTime).toBe(true)
    expect(dedup({ keep: 'last', by: 'arrival' }).needsEventTime).toBe(false)
    expect(dedup({ keep: 'last', by: 'arrival', ttl: { ms: 5, clock: 'eventTime' } }).needsEventTime).toBe(true)
    expect(dedup({ keep: 'last', by: 'arrival', ttl: { ms: 5, clock: 'processingTime' } }).usesProcessingTime).toBe(
      true,
    )
  })
})
