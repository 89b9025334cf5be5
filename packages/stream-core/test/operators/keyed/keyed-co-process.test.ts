import { operatorHarness, verifyOperator } from '@rtp/stream-testing'
import { describe, expect, it } from 'vitest'
import { mapState, output, valueState } from '../../../src/index.ts'
import { keyedBroadcastProcess, keyedCoProcess } from '../../../src/operators/keyed/keyed-process.ts'
import { byKey } from '../by-key.ts'

const END = Number.POSITIVE_INFINITY

interface Click {
  readonly user: string
  readonly page: string
}

interface Name {
  readonly id: string
  readonly name: string
}

describe('process() of two keyed streams', () => {
  const named = keyedCoProcess(
    {
      emits: output<string>(),
      sides: { unnamed: output<Click>() },
      state: { name: valueState<string | undefined>(undefined) },
      onFirst(click: Click, context) {
        const name = context.state.name.get()
        if (name === undefined) context.emitTo('unnamed', click)
        else context.emit(`${name} on ${click.page}, watermark ${context.watermark}`)
        context.setTimer(context.time + 10)
      },
      onSecond({ name }: Name, context) {
        context.state.name.set(name)
        context.setTimer(context.time + 10)
      },
      onTimer(time, context) {
        context.emit(`${context.key} at ${time}`)
        if (context.watermark !== END) context.state.name.clear()
      },
    },
    [byKey<Click>(({ user }) => user), byKey<Name>(({ id }) => id)],
  )

  it('shares state and timers between the two, and its watermark is the lower one', async () => {
    await verifyOperator(named, {
      input: [
        { value: { user: 'u', page: 'x' }, time: 1, input: 0 },
        { value: { id: 'u', name: 'Una' }, time: 1, input: 1 },
        { value: { user: 'u', page: 'y' }, time: 2, input: 0 },
        { watermark: 11, input: 0 },
        { watermark: 11, input: 1 },
        { value: { user: 'u', page: 'z' }, time: 12, input: 0 },
        { watermark: END, input: 1 },
        { watermark: END, input: 0 },
      ],
      expected: [
        { value: 'Una on y, watermark -Infinity', time: 2 },
        { value: 'u at 11', time: 11 },
        { watermark: 11 },
        { value: 'u at 12', time: 12 },
        { value: 'u at 22', time: 22 },
        { watermark: END },
      ],
      sides: {
        unnamed: [
          { value: { user: 'u', page: 'x' }, time: 1 },
          { watermark: 11 },
          { value: { user: 'u', page: 'z' }, time: 12 },
          { watermark: END },
        ],
      },
    })
  })

  it('goes on without an input that is idle', async () => {
    await verifyOperator(named, {
      input: [
        { value: { id: 'u', name: 'Una' }, time: 1, input: 1 },
        { watermark: 20, input: 1 },
        { idle: true, input: 0 },
        { watermark: END, input: 1 },
      ],
      expected: [{ value: 'u at 11', time: 11 }, { watermark: 20 }, { watermark: END }],
    })
  })

  it('names the record of which input it was called for when it throws', () => {
    const spec = keyedCoProcess<string, Click, Name, never, Record<never, never>>(
      {
        onFirst() {},
        onSecond() {
          throw new Error('no')
        },
      },
      [byKey<Click>(({ user }) => user), byKey<Name>(({ id }) => id)],
    )
    const harness = operatorHarness<Click | Name, never>(spec)
    harness.record({ user: 'u', page: 'x' }, 1, { input: 0 })
    expect(() => harness.record({ id: 'u', name: 'Una' }, 1, { input: 1 })).toThrow('USER_FUNCTION_FAILED')
  })
})

interface Reading {
  readonly sensor: string
  readonly celsius: number
}

interface Rule {
  readonly name: string
  readonly above: number
}

describe('process() of a keyed stream and a broadcast one', () => {
  const alerts = keyedBroadcastProcess(
    {
      emits: output<string>(),
      state: { highest: valueState(Number.NEGATIVE_INFINITY) },
      broadcast: { rules: mapState<string, Rule>() },
      onRecord({ sensor, celsius }: Reading, context) {
        const { highest } = context.state
        if (celsius > highest.get()) highest.set(celsius)
        for (const [name, { above }] of context.broadcast.rules.entries())
          if (celsius > above) context.emit(`${sensor}: ${name}`)
        if (celsius === 0) context.setTimer(context.time + 5)
      },
      onBroadcast(rule: Rule, context) {
        context.broadcast.rules.set(rule.name, rule)
        context.forEachKey((sensor, state) => {
          if (state.highest.get() > rule.above) context.emit(`${sensor} was ${rule.name}`)
          if (rule.name === 'reset') state.highest.clear()
        })
      },
      onTimer: (_, context) => context.emit(`${context.broadcast.rules.size} rules`),
    },
    byKey<Reading>(({ sensor }) => sensor),
  )

  it('shows every key what broadcast records wrote, and broadcast records the state of every key', async () => {
    await verifyOperator(alerts, {
      input: [
        { value: { sensor: 'b', celsius: 40 }, time: 1, input: 0 },
        { value: { sensor: 'a', celsius: 50 }, time: 1, input: 0 },
        { value: { name: 'hot', above: 30 }, time: 2, input: 1 },
        { value: { sensor: 'a', celsius: 35 }, time: 3, input: 0 },
        { value: { name: 'reset', above: 90 }, time: 4, input: 1 },
        { value: { sensor: 'c', celsius: 0 }, time: 4, input: 0 },
        { value: { name: 'warm', above: 20 }, time: 5, input: 1 },
        { watermark: END, input: 0 },
        { watermark: END, input: 1 },
      ],
      expected: [
        { value: 'a was hot', time: 2 },
        { value: 'b was hot', time: 2 },
        { value: 'a: hot', time: 3 },
        { value: '3 rules', time: 9 },
        { watermark: END },
      ],
    })
  })

  it('runs as one task', () => {
    expect(alerts.needsAllRecords).toBe(true)
  })

  it('lets only broadcast records write broadcast state, and gives them no key', () => {
    const spec = keyedBroadcastProcess(
      {
        broadcast: { rules: mapState<string, Rule>() },
        state: { n: valueState(0) },
        onRecord(_: Reading, context) {
          ;(context.broadcast as unknown as { rules: Map<string, unknown> }).rules.set('a', {})
        },
        onBroadcast(_: Rule, context) {
          ;(context as unknown as { setTimer(time: number): void }).setTimer(5)
        },
      },
      byKey<Reading>(({ sensor }) => sensor),
    )
    const harness = operatorHarness<Reading | Rule, unknown>(spec)
    expect(() => harness.record({ sensor: 'a', celsius: 1 }, 1, { input: 0 })).toThrow(
      'STATE_INVALID: state "rules" is only read here. Write it in onBroadcast.',
    )
    const other = operatorHarness<Reading | Rule, unknown>(spec)
    expect(() => other.record({ name: 'a', above: 1 }, 1, { input: 1 })).toThrow(
      'STATE_INVALID: state and timers belong to a key',
    )
  })

  it('refuses broadcast state that is no map or would expire', () => {
    const build = (state: unknown) =>
      keyedBroadcastProcess(
        { broadcast: { rules: state } as never, onRecord() {}, onBroadcast() {} },
        byKey<Reading>(({ sensor }) => sensor),
      )
    expect(() => build(valueState(0))).toThrow('STATE_INVALID: broadcast state "rules" must be a mapState()')
    expect(() => build(mapState({ ttl: { ms: 5, clock: 'eventTime' } }))).toThrow('without a ttl')
  })
})
