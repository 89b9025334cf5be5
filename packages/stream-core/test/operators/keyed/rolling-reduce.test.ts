import { operatorHarness, verifyOperator } from '@rtp/stream-testing'
import { describe, expect, it } from 'vitest'
import { rollingReduce } from '../../../src/operators/keyed/rolling-reduce.ts'
import { byKey } from '../by-key.ts'

interface Sale {
  readonly shop: string
  readonly amount: number
}

const totals = rollingReduce<Sale>(
  (sofar, { shop, amount }) => ({ shop, amount: sofar.amount + amount }),
  byKey(sale => sale.shop),
)

describe('reduce of a keyed stream', () => {
  it('emits the result so far for every record, each key on its own, with the time of the record', async () => {
    await verifyOperator(totals, {
      input: [
        { value: { shop: 'a', amount: 1 }, time: 10 },
        { value: { shop: 'b', amount: 5 }, time: 11 },
        { watermark: 7 },
        { value: { shop: 'a', amount: 2 }, time: 3 },
        { value: { shop: 'a', amount: 4 }, time: 12 },
        { watermark: Number.POSITIVE_INFINITY },
      ],
      expected: [
        { value: { shop: 'a', amount: 1 }, time: 10 },
        { value: { shop: 'b', amount: 5 }, time: 11 },
        { watermark: 7 },
        { value: { shop: 'a', amount: 3 }, time: 3 },
        { value: { shop: 'a', amount: 7 }, time: 12 },
        { watermark: Number.POSITIVE_INFINITY },
      ],
    })
  })

  it('passes the first record of a key on as it is, also one that is undefined', async () => {
    const last = rollingReduce<string | undefined>(
      (sofar, value) => `${sofar}+${value}`,
      byKey(() => 'one'),
    )
    await verifyOperator(last, {
      input: [{ value: undefined }, { value: 'x' }],
      expected: [{ value: undefined }, { value: 'undefined+x' }],
    })
  })

  it('says so when a result is no plain data, which a checkpoint could not keep', () => {
    const harness = operatorHarness(
      rollingReduce<object>(
        (_, value) => value,
        byKey(() => 'one'),
      ),
    )
    harness.record(new URL('https://example.org'))
    expect(() => harness.snapshot('all')).toThrow('STATE_INVALID')
  })
})
