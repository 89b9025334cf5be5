import { batchOf, type InputItem, operatorHarness, verifyOperator } from '@rtp/stream-testing'
import { describe, expect, it } from 'vitest'
import { type Key, listState, mapState, valueState } from '../../../src/index.ts'
import { keyedProcess } from '../../../src/operators/keyed/keyed-process.ts'
import type { KeyedProcess } from '../../../src/operators/keyed/process-function.ts'
import type { OperatorSpec } from '../../../src/operators/operator.ts'
import type { StateDeclarations } from '../../../src/state/state-declaration.ts'
import { byKey } from '../by-key.ts'

const END = Number.POSITIVE_INFINITY

/** What a record asks for: timers to set and to delete. */
interface Order {
  readonly key: Key
  readonly set?: readonly number[]
  readonly drop?: readonly number[]
}

function order(time: number, key: Key, set: readonly number[] = [], drop: readonly number[] = []): InputItem<Order> {
  return { value: { key, set, drop }, time }
}

function process<T extends { readonly key: Key }, D extends StateDeclarations>(
  definition: KeyedProcess<Key, T, string, D>,
): OperatorSpec<T, string> {
  return keyedProcess(
    definition,
    byKey((value: T) => value.key),
  )
}

const alarms = process<Order, StateDeclarations>({
  onRecord({ set = [], drop = [] }, context) {
    for (const time of set) context.setTimer(time)
    for (const time of drop) context.deleteTimer(time)
  },
  onTimer(time, context) {
    context.emit(`${String(context.key)} at ${time}`)
  },
})

describe('timers of process()', () => {
  it('fire when the watermark reaches them, in order of time, before any later record', async () => {
    const spec = process<Order, StateDeclarations>({
      onRecord(value, context) {
        context.emit(`record of ${String(value.key)}`)
        for (const time of value.set ?? []) context.setTimer(time)
      },
      onTimer: (time, context) => context.emit(`${String(context.key)} at ${time}`),
    })
    await verifyOperator(spec, {
      input: [
        order(1, 'a', [30, 10]),
        order(2, 'b', [20, 40]),
        { watermark: 9 },
        order(12, 'c'),
        { watermark: 30 },
        order(31, 'd'),
        { watermark: END },
      ],
      expected: [
        { value: 'record of a', time: 1 },
        { value: 'record of b', time: 2 },
        { watermark: 9 },
        { value: 'record of c', time: 12 },
        { value: 'a at 10', time: 10 },
        { value: 'b at 20', time: 20 },
        { value: 'a at 30', time: 30 },
        { watermark: 30 },
        { value: 'record of d', time: 31 },
        { value: 'b at 40', time: 40 },
        { watermark: END },
      ],
    })
  })

  it('of the same time fire in the order in which they were set, after a restore too', async () => {
    await verifyOperator(alarms, {
      input: [order(1, 'a'), order(2, 'b', [50]), order(3, 'c', [50]), order(4, 'a', [50]), { watermark: 50 }],
      expected: [
        { value: 'b at 50', time: 50 },
        { value: 'c at 50', time: 50 },
        { value: 'a at 50', time: 50 },
        { watermark: 50 },
      ],
    })
  })

  it('set twice for one time fire once', async () => {
    await verifyOperator(alarms, {
      input: [order(1, 'a', [10, 10]), order(2, 'a', [10]), { watermark: 20 }],
      expected: [{ value: 'a at 10', time: 10 }, { watermark: 20 }],
    })
  })

  it('are deleted by key and time, and no other is', async () => {
    await verifyOperator(alarms, {
      input: [
        order(1, 'a', [10, 20]),
        order(2, 'b', [10, 20]),
        order(3, 'a', [], [10]),
        order(4, 'b', [], [15]),
        { watermark: 12 },
        order(5, 'b', [], [10, 20]),
        { watermark: END },
      ],
      expected: [{ value: 'b at 10', time: 10 }, { watermark: 12 }, { value: 'a at 20', time: 20 }, { watermark: END }],
    })
  })

  it('that were deleted and set again fire once, in the place of the last setting', async () => {
    await verifyOperator(alarms, {
      input: [
        order(1, 'a', [10]),
        order(2, 'b', [10]),
        order(3, 'a', [], [10]),
        order(4, 'a', [10]),
        { watermark: 10 },
      ],
      expected: [{ value: 'b at 10', time: 10 }, { value: 'a at 10', time: 10 }, { watermark: 10 }],
    })
  })

  it('set at or behind the watermark fire at once, before the next record', async () => {
    const spec = process<Order, StateDeclarations>({
      onRecord(value, context) {
        for (const time of value.set ?? []) context.setTimer(time)
        context.emit(`record of ${String(value.key)}`)
      },
      onTimer: (time, context) => context.emit(`${String(context.key)} at ${time}`),
    })
    await verifyOperator(spec, {
      input: [
        { watermark: 100 },
        order(101, 'a', [100, 50]),
        order(102, 'b', [101]),
        order(103, 'c'),
        { watermark: 101 },
      ],
      expected: [
        { watermark: 100 },
        { value: 'record of a', time: 101 },
        { value: 'a at 50', time: 50 },
        { value: 'a at 100', time: 100 },
        { value: 'record of b', time: 102 },
        { value: 'record of c', time: 103 },
        { value: 'b at 101', time: 101 },
        { watermark: 101 },
      ],
    })
  })

  it('may set and delete further ones', async () => {
    const spec = process<Order, StateDeclarations>({
      onRecord: ({ set = [] }, context) => set.forEach(time => void context.setTimer(time)),
      onTimer(time, context) {
        context.emit(`${String(context.key)} at ${time}`)
        if (time < 30) context.setTimer(time + 10)
        context.deleteTimer(25)
      },
    })
    await verifyOperator(spec, {
      input: [order(1, 'a', [10, 25]), { watermark: 20 }, { watermark: END }],
      expected: [
        { value: 'a at 10', time: 10 },
        { value: 'a at 20', time: 20 },
        { watermark: 20 },
        { value: 'a at 30', time: 30 },
        { watermark: END },
      ],
    })
  })

  it('see the watermark that released them, and their results go before it', async () => {
    const spec = process<Order, StateDeclarations>({
      onRecord(value, context) {
        context.emit(`behind ${context.watermark}`)
        for (const time of value.set ?? []) context.setTimer(time)
      },
      onTimer: (time, context) => context.emit(`${time} <= ${context.watermark}`),
    })
    await verifyOperator(spec, {
      input: [order(1, 'a', [10, 20]), { watermark: 15 }, order(16, 'a'), { watermark: 40 }],
      expected: [
        { value: 'behind -Infinity', time: 1 },
        { value: '10 <= 15', time: 10 },
        { watermark: 15 },
        { value: 'behind 15', time: 16 },
        { value: '20 <= 40', time: 20 },
        { watermark: 40 },
      ],
    })
  })

  it('fire once when thousands were set and deleted before them', () => {
    const spec = process<Order, StateDeclarations>({
      onRecord: ({ set = [], drop = [] }, context) => {
        for (const time of drop) context.deleteTimer(time)
        for (const time of set) context.setTimer(time)
      },
      onTimer: (time, context) => context.emit(`${String(context.key)} at ${time}`),
    })
    const harness = operatorHarness(spec)
    for (let i = 0; i < 5_000; i++) harness.feed(order(i, 'a', [1_000 + i], [999 + i]))
    harness.feed(order(5_000, 'b', [5_999]))
    harness.watermark(END)
    expect(harness.take()).toEqual([
      { value: 'a at 5999', time: 5_999 },
      { value: 'b at 5999', time: 5_999 },
      { watermark: END },
    ])
  })

  it('that always set the next one stop the job at the end of the input, instead of running for ever', () => {
    const clock = process<Order, StateDeclarations>({
      onRecord: (_value, context) => context.setTimer(0),
      onTimer: (time, context) => context.setTimer(time + 1_000),
    })
    const harness = operatorHarness(clock)
    harness.feed(order(1, 'a'))
    harness.watermark(50_000)
    expect(() => harness.watermark(END)).toThrow('Set none when context.watermark is Infinity')
  })

  it('cannot be set for what is no time', () => {
    for (const time of [Number.NaN, END, -END]) {
      const harness = operatorHarness(alarms)
      expect(() => harness.feed(order(1, 'a', [time]))).toThrow('EVENT_TIME_INVALID')
    }
  })
})

describe('state of process()', () => {
  it('belongs to the key of the record or timer, and survives a restore', async () => {
    await verifyOperator(counting(), {
      input: [
        { value: { key: 'a', name: 'x' }, time: 1 },
        { value: { key: 'b', name: 'x' }, time: 2 },
        { value: { key: 'a', name: 'y' }, time: 3 },
        { value: { key: 'a', name: 'x' }, time: 4 },
        { watermark: END },
      ],
      expected: [
        { value: 'a: 1 x {x=1}', time: 1 },
        { value: 'b: 1 x {x=1}', time: 2 },
        { value: 'a: 2 x,y {x=1,y=1}', time: 3 },
        { value: 'a: 3 x,y,x {x=2,y=1}', time: 4 },
        { value: 'a: 3 in the end', time: 1_000 },
        { value: 'b: 1 in the end', time: 1_000 },
        { watermark: END },
      ],
    })
  })

  it('that was cleared is as it was before the first record', async () => {
    const spec = process({
      state: { total: valueState(10), names: listState<string>(), seen: mapState<string, number>() },
      onRecord(value: { key: Key; clear: boolean }, context) {
        const { total, names, seen } = context.state
        context.emit(`${total.get()} ${names.get().length} ${seen.size} ${seen.has('x')}`)
        if (value.clear) {
          total.clear()
          names.clear()
          seen.delete('x')
        } else {
          total.set(0)
          names.set(['one', 'two'])
          seen.set('x', 1)
        }
      },
    })
    await verifyOperator(spec, {
      input: [false, true, false]
        .map((clear, i) => ({ value: { key: 'a', clear }, time: i }))
        .concat({ value: { key: 'a', clear: true }, time: 3 }),
      expected: [
        { value: '10 0 0 false' },
        { value: '0 2 1 true' },
        { value: '10 0 0 false' },
        { value: '0 2 1 true' },
      ],
    })
  })

  it('keeps an undefined that was set apart from nothing', async () => {
    const spec = process({
      state: { held: valueState<string | undefined>('initial') },
      onRecord(_value: { key: Key }, context) {
        context.emit(String(context.state.held.get()))
        context.state.held.set(undefined)
      },
    })
    await verifyOperator(spec, {
      input: [{ value: { key: 'a' } }, { value: { key: 'a' } }],
      expected: [{ value: 'initial' }, { value: 'undefined' }],
    })
  })

  it('is forgotten when it is empty: a snapshot grows with what is kept, not with the keys that came', () => {
    const stateless = operatorHarness(alarms)
    for (let i = 0; i < 1_000; i++) stateless.feed(order(i, `key-${i}`))
    expect(stateless.snapshot('changes').length).toBeLessThan(100)
    expect(stateless.snapshot('all').length).toBeLessThan(100)
    const fired = operatorHarness(alarms)
    for (let i = 0; i < 1_000; i++) fired.feed(order(i, `key-${i}`, [5_000]))
    expect(fired.snapshot('all').length).toBeGreaterThan(10_000)
    fired.watermark(6_000)
    fired.snapshot('changes')
    expect(fired.snapshot('all').length).toBeLessThan(100)
  })

  it('cannot be used after the call that it was handed to', () => {
    let kept: { emit(value: string): void; setTimer(time: number): void } | undefined
    const harness = operatorHarness(
      process<Order, StateDeclarations>({
        onRecord(_value, context) {
          kept = context
        },
      }),
    )
    harness.feed(order(1, 'a'))
    expect(() => kept?.setTimer(5)).toThrow('STATE_INVALID')
    expect(() => kept?.emit('late')).toThrow('STATE_INVALID')
  })

  it('of a name that is not declared any more stops the restore', () => {
    const declared = (name: string) =>
      process({
        state: { [name]: valueState(0) },
        onRecord: (_value: { key: Key }, context) => context.state[name]?.set(1),
      })
    const harness = operatorHarness(declared('total'))
    harness.record({ key: 'a' })
    const renamed = operatorHarness(declared('sum'))
    const snapshot = harness.snapshot('all')
    expect(() => renamed.restart([snapshot])).toThrow('STATE_UNKNOWN')
  })
})

describe('process()', () => {
  it('never drops a record for being behind the watermark', async () => {
    const spec = process<{ key: Key; n: number }, StateDeclarations>({
      onRecord: (value, context) => context.emit(`${value.n} of ${String(context.key)}`),
    })
    await verifyOperator(spec, {
      input: [{ watermark: 100 }, { value: { key: 'a', n: 1 }, time: 5 }],
      expected: [{ watermark: 100 }, { value: '1 of a', time: 5 }],
    })
  })

  it('refuses what is no key, and names the record', () => {
    const harness = operatorHarness(process<Order, StateDeclarations>({ onRecord() {} }))
    const values = [{ key: 'a' }, { key: [true] }, { key: [undefined] as unknown[] as Key }]
    expect(() => harness.batch(batchOf(values))).toThrow('KEY_INVALID')
  })

  it('keeps one tuple apart from another when the function uses one array for all records', async () => {
    const shared = [0]
    const spec = keyedProcess<Key, number, string, StateDeclarations>(
      {
        onRecord: (n, context) => context.setTimer(100 + n),
        onTimer: (_time, context) => context.emit(String(context.key)),
      },
      byKey(n => {
        shared[0] = n
        return shared
      }),
    )
    await verifyOperator(spec, {
      input: [{ value: 1 }, { value: 2 }, { watermark: END }],
      expected: [{ value: '1' }, { value: '2' }],
    })
  })

  it('names the record on which it threw', () => {
    const harness = operatorHarness(
      process<Order, StateDeclarations>({
        onRecord(value) {
          if (value.key === 'bad') throw new Error('no')
        },
      }),
    )
    const values = [{ key: 'a' }, { key: 'bad' }]
    expect(() => harness.batch(batchOf(values, { offsets: [3, 4] }))).toThrow(
      expect.objectContaining({ place: expect.objectContaining({ offset: 4 }) }),
    )
  })
})

function counting() {
  return process({
    state: { total: valueState(0), names: listState<string>(), seen: mapState<string, number>() },
    onRecord(value: { key: Key; name: string }, context) {
      const { total, names, seen } = context.state
      total.set(total.get() + 1)
      names.add(value.name)
      seen.set(value.name, (seen.get(value.name) ?? 0) + 1)
      context.setTimer(1_000)
      const counts = [...seen.entries()].map(([name, n]) => `${name}=${n}`).join(',')
      context.emit(`${String(context.key)}: ${total.get()} ${names.get().join(',')} {${counts}}`)
    },
    onTimer: (_time, context) => context.emit(`${String(context.key)}: ${context.state.total.get()} in the end`),
  })
}
