import { batchOf, operatorHarness, verifyOperator } from '@rtp/stream-testing'
import { describe, expect, it } from 'vitest'
import { count } from '../../../src/aggregates/numeric.ts'
import { StreamError } from '../../../src/errors.ts'
import { customAggregate, type Key } from '../../../src/index.ts'
import { slicedAggregate } from '../../../src/operators/windows/sliced-aggregate.ts'
import { tumbling } from '../../../src/windows/tumbling.ts'
import { byKey } from '../by-key.ts'
import { at, collected, result } from '../reading.ts'

const END = Number.POSITIVE_INFINITY

describe('the key of a window', () => {
  it('may be text, a number, a bigint, a boolean or a tuple, and equal texts of different types are different keys', async () => {
    const keys: Key[] = ['1', 1, 1n, true, ['1'], [1], [1n], [true], ['1', 1], ['1:1'], ['11', ''], ['', '11']]
    await verifyOperator(collected(), {
      input: [
        ...keys.map((key, i) => at(1, i, key)),
        ...keys.map((key, i) => at(2, 100 + i, copyOf(key))),
        { watermark: END },
      ],
      // Single keys come before tuples.
      expected: keys.map((key, i) => result(0, [i, 100 + i], { key })),
    })
  })

  it('keeps text apart that Unicode would print alike', async () => {
    const keys = ['\uD800', '\uDFFF', '\uFFFD', 'é', 'e\u0301', '']
    await verifyOperator(collected(), {
      input: [...keys, ...keys].map((key, i) => at(1, i, key)).concat({ watermark: END }),
      expected: keys.map((key, i) => result(0, [i, keys.length + i], { key })),
    })
  })

  it('of -0 is that of 0', async () => {
    await verifyOperator(collected(), {
      input: [at(1, 1, -0), at(2, 2, 0), at(3, 3, [-0]), at(4, 4, [0]), { watermark: END }],
      expected: [result(0, [1, 2], { key: 0 }), result(0, [3, 4], { key: [0] })],
    })
  })

  it('is remembered as it was, when the function uses one tuple for all records', async () => {
    const shared = [0]
    const spec = slicedAggregate<Key, number, number>(count(), {
      key: byKey(n => {
        shared[0] = n
        return shared
      }),
      windows: tumbling(10),
      allowedLatenessMs: 0,
    })
    await verifyOperator(spec, {
      input: [{ value: 1, time: 1 }, { value: 2, time: 2 }, { value: 1, time: 3 }, { watermark: END }],
      expected: [result(0, 2, { key: [1] }), result(0, 1, { key: [2] })],
    })
  })

  for (const [name, bad] of badKeys()) {
    it(`cannot be ${name}: the record is named`, () => {
      const spec = slicedAggregate<Key, unknown, number>(count(), {
        key: byKey(value => value as Key),
        windows: tumbling(10),
        allowedLatenessMs: 0,
      })
      const harness = operatorHarness(spec)
      const good = ['a', [true], [false], ['undefined'], ['null']]
      const values = [...good, bad]
      const times = values.map(() => 1)
      expect(() => harness.batch(batchOf(values, { times }))).toThrow(expect.objectContaining({ code: 'KEY_INVALID' }))
    })
  }

  it('is checked once for each window and key against the partition that owns it', () => {
    const asked: Key[] = []
    const harness = operatorHarness(collected(), {
      checkOwner(key) {
        asked.push(key)
        if (key === 'stranger') throw new StreamError('KEY_NOT_PARTITIONED', 'of another partition.')
      },
    })
    for (const item of [at(1, 1), at(2, 2), at(3, 3, 'b'), at(11, 4)]) harness.feed(item)
    expect(asked).toEqual(['a', 'b', 'a'])
    expect(() => harness.feed(at(4, 5, 'stranger'))).toThrow('KEY_NOT_PARTITIONED')
  })
})

describe('a function that throws in a window', () => {
  it('names the record, whether it takes the key or a number', () => {
    const place = expect.objectContaining({ offset: 12, partition: 'input/0' })
    const keyed = operatorHarness(collected({ key: byKey(throwing) }))
    expect(() => keyed.batch(numbers([1, 2, 3]))).toThrow(expect.objectContaining({ place }))
    const fast = operatorHarness(collected({ key: byKey(throwing) }))
    fast.batch(numbers([1, 1]))
    expect(() => fast.batch(numbers([1, 1, 3]))).toThrow(expect.objectContaining({ place }))
  })
})

describe('an aggregate that cannot make its result', () => {
  it('is an error which names the step', () => {
    const spec = slicedAggregate<Key, { key: Key }, never>(
      customAggregate<{ key: Key }, null, never>({
        create: () => null,
        add: none => none,
        finish() {
          throw new Error('nothing to say')
        },
      }),
      { key: byKey(value => value.key), windows: tumbling(10), allowedLatenessMs: 0 },
    )
    const harness = operatorHarness(spec, { name: 'per-minute' })
    harness.record({ key: 'a' }, 5)
    expect(() => harness.watermark(9)).toThrow('USER_FUNCTION_FAILED: "per-minute"')
  })
})

function throwing(reading: { readonly n: number }): string {
  if (reading.n === 3) throw new Error('no key')
  return 'a'
}

function numbers(values: readonly number[]) {
  const batch = batchOf(
    values.map(n => ({ key: 'a', n })),
    { times: values.map(() => 1), offsets: values.map((_, i) => 10 + i) },
  )
  return { ...batch, origin: { source: 'input', partition: 'input/0', index: 0 } }
}

function copyOf(key: Key): Key {
  return typeof key === 'object' ? [...key] : key
}

function badKeys(): [string, unknown][] {
  return [
    ['undefined', undefined],
    ['null', null],
    ['NaN', Number.NaN],
    ['infinite', Number.POSITIVE_INFINITY],
    ['an object', { id: 1 }],
    ['a Date', new Date(0)],
    ['a symbol', Symbol('key')],
    ['a function', () => 'key'],
    ['an empty tuple', []],
    ['a tuple with NaN', [Number.NaN]],
    ['a tuple with undefined', [undefined]],
    ['a tuple with null', [null]],
    ['a tuple with an object', [{}]],
    ['a tuple in a tuple', [['a']]],
  ]
}
