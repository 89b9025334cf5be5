import { operatorHarness, verifyOperator } from '@rtp/stream-testing'
import { describe, expect, it } from 'vitest'
import {
  aggregatingState,
  listState,
  mapState,
  reducingState,
  type StateDeclarations,
  valueState,
} from '../../../src/index.ts'
import { keyedProcess } from '../../../src/operators/keyed/keyed-process.ts'
import type { KeyedProcess } from '../../../src/operators/keyed/process-function.ts'
import { byKey } from '../by-key.ts'

interface Entry {
  readonly key: string
  readonly n: number
}

const process = <D extends StateDeclarations>(definition: KeyedProcess<string, Entry, string, D>) =>
  keyedProcess(
    definition,
    byKey((value: Entry) => value.key),
  )

const entries = (...numbers: number[]) => numbers.map(n => ({ value: { key: n < 0 ? 'b' : 'a', n }, time: n }))

describe('reducing state', () => {
  it('keeps what was added combined, per key, and nothing before the first', async () => {
    const spec = process({
      state: { highest: reducingState<number>((a, b) => Math.max(a, b)) },
      onRecord({ n }, context) {
        const before = context.state.highest.get()
        context.state.highest.add(n)
        context.emit(`${before} -> ${context.state.highest.get()}`)
        if (n === 9) context.state.highest.clear()
      },
    })
    await verifyOperator(spec, {
      input: entries(3, 1, -5, 9, 2),
      expected: [
        { value: 'undefined -> 3' },
        { value: '3 -> 3' },
        { value: 'undefined -> -5' },
        { value: '3 -> 9' },
        { value: 'undefined -> 2' },
      ],
    })
  })
})

describe('aggregating state', () => {
  it('keeps an accumulator and gives its result, and may change it in place', async () => {
    const spec = process({
      state: {
        mean: aggregatingState({
          create: () => ({ sum: 0, n: 0 }),
          add(accumulator, value: number) {
            accumulator.sum += value
            accumulator.n++
            return accumulator
          },
          finish: ({ sum, n }) => sum / n,
        }),
      },
      onRecord({ n }, context) {
        const before = context.state.mean.get()
        context.state.mean.add(n)
        context.emit(`${before} -> ${context.state.mean.get()}`)
      },
    })
    await verifyOperator(spec, {
      input: entries(2, 4, -6, 9),
      expected: [{ value: 'undefined -> 2' }, { value: '2 -> 3' }, { value: 'undefined -> -6' }, { value: '3 -> 5' }],
    })
  })

  it('is told the event time of what is added', async () => {
    const spec = process({
      state: {
        latest: aggregatingState({
          create: () => 0,
          add: (latest, _value: number, time) => Math.max(latest, time),
          finish: latest => latest,
        }),
      },
      onRecord({ n }, context) {
        context.state.latest.add(n)
        context.emit(String(context.state.latest.get()))
      },
    })
    await verifyOperator(spec, { input: entries(7, 3), expected: [{ value: '7' }, { value: '7' }] })
  })
})

describe('state that is read', () => {
  const declarations = {
    'valueState()': valueState<unknown>(undefined),
    'listState()': listState<unknown>(),
    'mapState()': mapState<string, unknown>(),
    'reducingState()': reducingState<unknown>((_, b) => b),
    'aggregatingState()': aggregatingState({
      create: () => 0,
      add: (n, _value: unknown) => n + 1,
      finish: n => n,
    }),
  }
  const kinds = Object.keys(declarations) as (keyof typeof declarations)[]

  function keeping(kind: keyof typeof declarations) {
    return process({
      state: { held: declarations[kind] as (typeof declarations)['valueState()'] },
      onRecord(_, { state }) {
        const held = state.held as unknown as { set(a: unknown, b?: unknown): void; add(value: unknown): void }
        if (kind === 'valueState()') held.set(1)
        else if (kind === 'mapState()') held.set('a', 1)
        else held.add(1)
      },
    })
  }

  it.each(kinds.flatMap(one => kinds.filter(other => other !== one).map(other => [one, other] as const)))(
    'as another kind than it was written is refused: %s, then %s',
    (written, read) => {
      const harness = operatorHarness(keeping(written))
      harness.record({ key: 'a', n: 1 })
      const snapshot = harness.snapshot('all')
      const other = operatorHarness(keeping(read), { name: 'totals' })
      expect(() => other.restart([snapshot])).toThrow(
        `STATE_INVALID: totals: state "held" was written as ${written} and is now declared as ${read}. Declare it as it was, or give the new state another name.`,
      )
    },
  )

  it('as what it was written is restored, and what it did not hold is no state of another kind', () => {
    const empty = operatorHarness(keeping('listState()')).snapshot('all')
    expect(() => operatorHarness(keeping('mapState()')).restart([empty])).not.toThrow()
  })

  it('says which state it is when what it holds is no plain data', () => {
    const spec = process({
      state: { link: valueState<unknown>(undefined) },
      onRecord: (_, { state }) => state.link.set(new URL('https://example.org')),
    })
    const harness = operatorHarness(spec, { name: 'links' })
    harness.record({ key: 'a', n: 1 })
    expect(() => harness.snapshot('all')).toThrow('STATE_INVALID: links: state "link": an instance of URL')
  })
})

describe('a schema of state', () => {
  const total = (schema: 'number' | 'string' | ((value: number) => boolean)) =>
    process({
      state: { total: valueState(0, { schema }) },
      onRecord: ({ n }, { state }) => state.total.set(n > 100 ? (`${n}` as unknown as number) : n),
    })

  it('refuses a value that does not agree with it, when it is written', () => {
    const harness = operatorHarness(total('number'))
    harness.record({ key: 'a', n: 5 })
    expect(() => harness.record({ key: 'a', n: 500 })).toThrow(
      'STATE_INVALID: a value of state "total" does not agree with its schema (number)',
    )
  })

  it('may be a function', () => {
    const harness = operatorHarness(total(n => n < 10))
    harness.record({ key: 'a', n: 9 })
    expect(() => harness.record({ key: 'a', n: 10 })).toThrow('STATE_INVALID')
  })

  it('refuses a checkpoint with values that do not agree with it', () => {
    const harness = operatorHarness(total('number'))
    harness.record({ key: 'a', n: 5 })
    const other = operatorHarness(total('string'), { name: 'totals' })
    const snapshot = harness.snapshot('all')
    expect(() => other.restart([snapshot])).toThrow(
      'STATE_INVALID: totals: the checkpoint holds a value of state "total" that does not agree with its schema',
    )
  })

  it('is of each element of a list and each value of a map', () => {
    const spec = process({
      state: {
        names: listState<string>({ schema: 'string' }),
        counts: mapState<string, number>({ schema: 'number' }),
        rows: listState<readonly unknown[]>({ schema: 'array' }),
        things: valueState<object>({}, { schema: 'object' }),
      },
      onRecord({ n }, { state }) {
        if (n === 1) state.names.add(1 as never)
        if (n === 2) state.names.set(['a', 2 as never])
        if (n === 3) state.counts.set('a', 'b' as never)
        if (n === 4) state.rows.add({} as never)
        if (n === 5) state.things.set([])
        state.names.set(['a'])
        state.counts.set('a', 1)
        state.rows.add([])
        state.things.set({})
      },
    })
    const harness = operatorHarness(spec)
    harness.record({ key: 'a', n: 0 })
    for (const n of [1, 2, 3, 4, 5]) expect(() => harness.record({ key: 'a', n })).toThrow('STATE_INVALID')
  })

  it('that is none is refused where it is written', () => {
    expect(() => valueState(0, { schema: 'text' as never })).toThrow('STATE_INVALID: a schema is a function')
  })
})
