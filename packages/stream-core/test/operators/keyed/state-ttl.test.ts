import { batchOf, type InputItem, operatorHarness, verifyOperator } from '@rtp/stream-testing'
import { describe, expect, it } from 'vitest'
import {
  aggregatingState,
  listState,
  mapState,
  reducingState,
  type StateDeclarations,
  type StateTtl,
  valueState,
} from '../../../src/index.ts'
import { createOperatorMetrics } from '../../../src/metrics/operator-metrics.ts'
import { keyedProcess } from '../../../src/operators/keyed/keyed-process.ts'
import type { KeyedProcess } from '../../../src/operators/keyed/process-function.ts'
import type { OperatorContext } from '../../../src/operators/operator.ts'
import { byKey } from '../by-key.ts'

const END = Number.POSITIVE_INFINITY

interface Step {
  readonly key: string
  /** What to add to state; left out, state is only read. */
  readonly add?: string
  readonly timer?: number
}

const process = <D extends StateDeclarations>(definition: KeyedProcess<string, Step, string, D>) =>
  keyedProcess(
    definition,
    byKey((value: Step) => value.key),
  )

const step = (time: number, add?: string, key = 'a'): InputItem<Step> => ({
  value: add === undefined ? { key } : { key, add },
  time,
})

const HUNDRED: StateTtl = { ms: 100, clock: 'eventTime' }

function valueWith(ttl: StateTtl) {
  return process({
    state: { held: valueState('none', { ttl }) },
    onRecord({ add, timer }, context) {
      if (add !== undefined) context.state.held.set(add)
      else context.emit(context.state.held.get())
      if (timer !== undefined) context.setTimer(timer)
    },
    onTimer: (time, context) => context.emit(`${context.state.held.get()} at ${time}`),
  })
}

describe('state with a TTL by event time', () => {
  it('expires when the watermark reaches the time of the last write and the TTL', async () => {
    await verifyOperator(valueWith(HUNDRED), {
      input: [
        step(10, 'x'),
        { watermark: 109 },
        step(120),
        { watermark: 110 },
        step(130),
        step(130, 'y'),
        { watermark: 200 },
        step(210, 'z'),
        { watermark: 309 },
        step(310),
        { watermark: 310 },
        step(311),
      ],
      expected: [{ value: 'x' }, { value: 'none' }, { value: 'z' }, { value: 'none' }],
    })
  })

  it('that a late record writes is as new as the watermark', async () => {
    await verifyOperator(valueWith(HUNDRED), {
      input: [
        { watermark: 1_000 },
        step(5, 'x'),
        step(5),
        { watermark: 1_099 },
        step(5),
        { watermark: 1_100 },
        step(5),
      ],
      expected: [{ value: 'x' }, { value: 'x' }, { value: 'none' }],
    })
  })

  it('is kept by reading when the TTL says so', async () => {
    await verifyOperator(valueWith({ ...HUNDRED, update: 'onRead' }), {
      input: [
        step(10, 'x'),
        { watermark: 100 },
        step(100),
        { watermark: 199 },
        step(199),
        { watermark: 298 },
        step(298),
        { watermark: 398 },
        step(398),
      ],
      expected: [{ value: 'x' }, { value: 'x' }, { value: 'x' }, { value: 'none' }],
    })
  })

  it('is still there for a timer whose time comes first, however far the watermark jumps, up to the end of the input', async () => {
    await verifyOperator(valueWith(HUNDRED), {
      input: [
        { value: { key: 'a', add: 'x', timer: 109 }, time: 10 },
        { value: { key: 'b', add: 'y', timer: 110 }, time: 10 },
        { value: { key: 'c', add: 'z', timer: 500 }, time: 450 },
        { watermark: 300 },
        { watermark: END },
      ],
      expected: [
        { value: 'x at 109', time: 109 },
        { value: 'none at 110', time: 110 },
        { watermark: 300 },
        { value: 'z at 500', time: 500 },
        { watermark: END },
      ],
    })
  })

  it('can be read until it is cleaned up when the TTL says so, which is a sixteenth later at most', async () => {
    const visibility = 'untilCleanup'
    // Steps of 7 ms: what expires at 110 is cleaned up at 112.
    await verifyOperator(valueWith({ ...HUNDRED, visibility }), {
      input: [step(10, 'x'), { watermark: 111 }, step(120), { watermark: 112 }, step(120)],
      expected: [{ value: 'x' }, { value: 'none' }],
    })
  })

  it('needs event time, and says so in the plan', () => {
    expect(valueWith(HUNDRED)).toMatchObject({
      needsEventTime: true,
      detail: 'value "held", kept 100 ms of eventTime',
    })
  })

  it('refuses a write while there is no time', () => {
    const harness = operatorHarness(valueWith(HUNDRED))
    expect(() => harness.record({ key: 'a', add: 'x' })).toThrow(
      'RECORD_TIME_MISSING: state "held" expires by eventTime, and there is no such time yet',
    )
  })
})

describe('state with a TTL by processing time', () => {
  it('expires when the wall clock reaches the time of the last write and the TTL', async () => {
    await verifyOperator(valueWith({ ms: 100, clock: 'processingTime' }), {
      input: [
        { processingTime: 10 },
        step(1, 'x'),
        { processingTime: 109 },
        step(2),
        { processingTime: 110 },
        step(3),
        { watermark: END },
      ],
      expected: [{ value: 'x' }, { value: 'none' }],
    })
  })

  it('asks for the clock, also when no record comes', () => {
    const operator = valueWith({ ms: 160, clock: 'processingTime' }).start(testContext())
    expect(operator.nextProcessingTime).toBe(END)
    operator.onProcessingTime?.(7)
    operator.onBatch(batchOf([{ key: 'a', add: 'x' }]), 0)
    // Written at 7, expired at 167, looked at with all else that expires up to 170.
    expect(operator.nextProcessingTime).toBe(170)
    operator.onProcessingTime?.(170)
    expect(operator.nextProcessingTime).toBe(END)
  })
})

describe('with a TTL', () => {
  it('each element of a list expires for itself', async () => {
    const spec = process({
      state: { names: listState<string>({ ttl: HUNDRED }) },
      onRecord({ add }, context) {
        if (add === 'reset') context.state.names.set(['p', 'q'])
        else if (add !== undefined) context.state.names.add(add)
        else context.emit(context.state.names.get().join(','))
      },
    })
    await verifyOperator(spec, {
      input: [
        step(10, 'x'),
        step(50, 'y'),
        { watermark: 110 },
        step(110),
        step(120, 'z'),
        { watermark: 150 },
        step(150),
        step(160, 'reset'),
        { watermark: 220 },
        step(220),
        { watermark: 260 },
        step(260),
      ],
      expected: [{ value: 'y' }, { value: 'z' }, { value: 'p,q' }, { value: '' }],
    })
  })

  it('reading a list keeps all of its elements that are still there', async () => {
    const spec = process({
      state: { names: listState<string>({ ttl: { ...HUNDRED, update: 'onRead' } }) },
      onRecord({ add }, context) {
        if (add !== undefined) context.state.names.add(add)
        else context.emit(context.state.names.get().join(','))
      },
    })
    await verifyOperator(spec, {
      input: [
        step(10, 'x'),
        step(80, 'y'),
        { watermark: 110 },
        step(110),
        { watermark: 200 },
        step(200),
        { watermark: 300 },
        step(300),
      ],
      expected: [{ value: 'y' }, { value: 'y' }, { value: '' }],
    })
  })

  it.each(['onWrite', 'onRead'] as const)('each entry of a map expires for itself, refreshed %s', async update => {
    const spec = process({
      state: { seen: mapState<string, number>({ ttl: { ...HUNDRED, update } }) },
      onRecord({ add }, context) {
        const { seen } = context.state
        if (add === 'list') context.emit(`${[...seen.entries()].map(([name]) => name)}, ${seen.size}`)
        else if (add?.startsWith('-')) seen.delete(add.slice(1))
        else if (add !== undefined) seen.set(add, context.time)
        else context.emit(`${seen.has('x')} ${seen.get('y')}`)
      },
    })
    const refreshes = update === 'onRead'
    await verifyOperator(spec, {
      input: [
        step(10, 'x'),
        step(20, 'y'),
        { watermark: 100 },
        step(100),
        { watermark: 125 },
        step(125, 'list'),
        step(126, 'x'),
        step(126, '-y'),
        step(127, 'z'),
        step(128, 'list'),
        { watermark: 227 },
        step(227, 'list'),
        { watermark: 400 },
        step(400, 'list'),
      ],
      expected: [
        { value: 'true 20' },
        { value: refreshes ? 'x,y, 2' : ', 0' },
        { value: 'x,z, 2' },
        { value: refreshes ? 'x,z, 2' : ', 0' },
        { value: ', 0' },
      ],
    })
  })

  it('reducing and aggregating state begin anew when they have expired, and every add keeps them', async () => {
    const spec = process({
      state: {
        joined: reducingState<string>((a, b) => a + b, { ttl: HUNDRED }),
        count: aggregatingState(
          { create: () => 0, add: (n, _value: string) => n + 1, finish: n => n },
          { ttl: HUNDRED },
        ),
      },
      onRecord({ add = '' }, context) {
        const { joined, count } = context.state
        joined.add(add)
        count.add(add)
        context.emit(`${joined.get()} ${count.get()}`)
      },
    })
    await verifyOperator(spec, {
      input: [
        step(10, 'x'),
        { watermark: 100 },
        step(100, 'y'),
        { watermark: 199 },
        step(199, 'z'),
        { watermark: 299 },
        step(299, 'w'),
      ],
      expected: [{ value: 'x 1' }, { value: 'xy 2' }, { value: 'xyz 3' }, { value: 'w 1' }],
    })
  })
})

describe('expired state', () => {
  const many = (count: number, from = 0) =>
    Array.from({ length: count }, (_, i) => step(10 + (i % 50), 'some text', `key-${from + i}`))

  it('of keys that never come again goes away by itself, from memory and from snapshots', () => {
    const harness = operatorHarness(valueWith(HUNDRED))
    for (const item of many(1_000)) harness.feed(item)
    expect(harness.snapshot('all').length).toBeGreaterThan(10_000)
    expect(harness.inspect({ key: 'key-5' })?.text).toContain('state in 1 places')
    harness.watermark(167)
    harness.snapshot('changes')
    expect(harness.inspect({ key: 'key-5' })?.text).toContain('no state and no timer')
    expect(harness.snapshot('all').length).toBeLessThan(200)
    expect(harness.snapshot('changes').length).toBeLessThan(200)
  })

  it('is not in a snapshot, though it has not been cleaned up yet', () => {
    const harness = operatorHarness(valueWith({ ms: 1_600, clock: 'eventTime' }))
    for (const item of many(1_000)) harness.feed(item)
    harness.watermark(1_660)
    expect(harness.snapshot('all').length).toBeLessThan(200)
  })

  it('never comes back, though it stands in an older snapshot of the chain and the TTL has become longer', () => {
    const harness = operatorHarness(valueWith(HUNDRED))
    harness.feed(step(10, 'x'))
    const chain = [harness.snapshot('all')]
    harness.watermark(500)
    chain.push(harness.snapshot('changes'))
    const longer = operatorHarness(valueWith({ ...HUNDRED, ms: 10_000 }))
    longer.restart(chain)
    longer.feed(step(600))
    expect(longer.take()).toContainEqual({ value: 'none', time: 600 })
  })

  it('of a checkpoint without times begins to age when it is restored', () => {
    const plain = process({
      state: { held: valueState('none'), list: listState<string>(), map: mapState<string, string>() },
      onRecord({ add = '' }, { state }) {
        state.held.set(add)
        state.list.add(add)
        state.map.set(add, add)
      },
    })
    const aging = process({
      state: {
        held: valueState('none', { ttl: HUNDRED }),
        list: listState<string>({ ttl: HUNDRED }),
        map: mapState<string, string>({ ttl: HUNDRED }),
      },
      onRecord: (_, context) =>
        context.emit(`${context.state.held.get()} ${context.state.list.get()} ${context.state.map.size}`),
    })
    const before = operatorHarness(plain)
    before.feed(step(10, 'x'))
    before.watermark(1_000)
    const after = operatorHarness(aging)
    after.restart([before.snapshot('all')])
    after.watermark(1_099)
    after.feed(step(1_099))
    after.watermark(1_100)
    after.feed(step(1_100))
    expect(after.take()).toEqual([
      { watermark: 1_099 },
      { value: 'x x 1', time: 1_099 },
      { watermark: 1_100 },
      { value: 'none  0', time: 1_100 },
    ])
  })

  it('of a checkpoint is read by a function that keeps it for ever now', () => {
    const before = operatorHarness(valueWith(HUNDRED))
    before.feed(step(10, 'x'))
    const snapshot = before.snapshot('all')
    const after = operatorHarness(
      process({
        state: { held: valueState('none') },
        onRecord: (_, context) => context.emit(context.state.held.get()),
      }),
    )
    after.restart([snapshot])
    after.watermark(5_000)
    after.feed(step(10))
    expect(after.take()).toContainEqual({ value: 'x', time: 10 })
  })
})

describe('a TTL', () => {
  it('is refused where it is written when it means nothing', () => {
    for (const ms of [0, -1, 1.5, Number.NaN])
      expect(() => valueState(0, { ttl: { ms, clock: 'eventTime' } })).toThrow('DURATION_INVALID: the ttl of a state')
    expect(() => listState({ ttl: { ms: 5, clock: 'wall' as never } })).toThrow('STATE_INVALID: the ttl of a state')
    expect(() => mapState({ ttl: { ms: 5, clock: 'eventTime', update: 'never' as never } })).toThrow('STATE_INVALID')
  })
})

/** A context that nothing comes out of. */
function testContext(): OperatorContext<string> {
  return {
    name: 'test',
    output: { push() {} },
    side: () => undefined,
    origins: [],
    metrics: createOperatorMetrics(),
    fail(cause) {
      throw cause
    },
    checkOwner() {},
  }
}
