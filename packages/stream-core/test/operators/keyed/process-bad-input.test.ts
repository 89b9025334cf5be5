import { batchOf, operatorHarness } from '@rtp/stream-testing'
import { describe, expect, it } from 'vitest'
import { from, type Key, mapState, output, pipeline, toArray, valueState } from '../../../src/index.ts'
import { keyedProcess } from '../../../src/operators/keyed/keyed-process.ts'
import { byKey } from '../by-key.ts'

const nothing = { onRecord() {} }

describe('process() refuses', () => {
  it.each([
    ['undefined', undefined],
    ['NaN', Number.NaN],
    ['Infinity', Number.POSITIVE_INFINITY],
    ['null', null],
    ['an object', { a: 1 }],
    ['a function', () => 1],
    ['an empty tuple', []],
    ['a tuple with an object', ['a', {}]],
    ['a tuple with NaN', ['a', Number.NaN]],
  ])('a key function that gives %s, and names the record', (_, key) => {
    const harness = operatorHarness(
      keyedProcess(
        nothing,
        byKey(() => key as Key),
      ),
    )
    const batch = batchOf([1], { offsets: [7] })
    expect(() => harness.batch(batch)).toThrow('KEY_INVALID')
  })

  it('a key function that throws, and names the record', () => {
    const harness = operatorHarness(
      keyedProcess<string, number, never, Record<never, never>>(
        nothing,
        byKey(n => {
          if (n === 2) throw new Error('no such field')
          return 'a'
        }),
      ),
    )
    expect(() => harness.batch(batchOf([1, 2], { offsets: [7, 8] }))).toThrow(
      expect.objectContaining({
        code: 'USER_FUNCTION_FAILED',
        place: expect.objectContaining({ operator: 'process', offset: 8 }),
      }),
    )
  })

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, undefined as never])(
    'a timer for %s, of either clock',
    time => {
      for (const set of ['setTimer', 'setProcessingTimer'] as const) {
        const harness = operatorHarness(
          keyedProcess<string, number, never, Record<never, never>>(
            { onRecord: (_, context) => context[set](time), onTimer() {}, onProcessingTimer() {} },
            byKey(() => 'a'),
          ),
        )
        expect(() => harness.record(1)).toThrow('EVENT_TIME_INVALID: a timer needs a time in epoch ms')
      }
    },
  )

  it('a timer that nobody would hear', () => {
    for (const [set, handler] of [
      ['setTimer', 'onTimer'],
      ['setProcessingTimer', 'onProcessingTimer'],
    ] as const) {
      const harness = operatorHarness(
        keyedProcess<string, number, never, Record<never, never>>(
          { onRecord: (_, context) => context[set](5) },
          byKey(() => 'a'),
        ),
      )
      expect(() => harness.record(1)).toThrow(
        `STATE_INVALID: a timer is set that nobody would hear. Give process() an ${handler}.`,
      )
    }
  })

  it('the use of state, timers and outputs when no function runs', () => {
    const kept: (() => unknown)[] = []
    const harness = operatorHarness(
      keyedProcess(
        {
          emits: output<number>(),
          sides: { odd: output<number>() },
          state: { total: valueState(0), seen: mapState<string, number>() },
          onRecord(_: number, context) {
            kept.push(
              () => context.key,
              () => context.state.total.get(),
              () => context.state.total.set(1),
              () => context.state.seen.size,
              () => context.state.seen.set('a', 1),
              () => context.setTimer(5),
              () => context.deleteTimer(5),
              () => context.setProcessingTimer(5),
              () => context.deleteProcessingTimer(5),
              () => context.emit(1),
              () => context.emitTo('odd', 1),
            )
          },
          onTimer() {},
          onProcessingTimer() {},
        },
        byKey(() => 'a'),
      ),
    )
    harness.record(1)
    for (const use of kept) expect(use).toThrow('STATE_INVALID')
  })

  it('the wall clock, unless it says that it reads it', () => {
    const harness = operatorHarness(
      keyedProcess<string, number, number, Record<never, never>>(
        { onRecord: (_, context) => context.emit(context.processingTime) },
        byKey(() => 'a'),
      ),
    )
    expect(() => harness.record(1)).toThrow('Set usesProcessingTime: true')
  })

  it('a name that another step of the pipeline has, since state is kept by name', () => {
    const job = pipeline('twice')
    const keyed = job.from([1, 2]).keyBy(n => n)
    keyed.process(nothing, { name: 'totals' }).sink(toArray<unknown>([]))
    expect(() => keyed.process(nothing, { name: 'totals' })).toThrow('DUPLICATE_NAME')
  })

  it('a side output with the name of the main one', () => {
    const keyed = from([1]).keyBy(n => n)
    expect(() => keyed.process({ sides: { main: output<number>() }, onRecord() {} })).toThrow('GRAPH_INVALID')
  })

  it('state that expires by event time on a stream without event time', async () => {
    const job = pipeline('timeless')
    job
      .from([1])
      .keyBy(n => n)
      .process({ state: { n: valueState(0, { ttl: { ms: 5, clock: 'eventTime' } }) }, onRecord() {} })
      .sink(toArray<unknown>([]))
    expect(() => job.explain()).toThrow('WINDOW_WITHOUT_EVENT_TIME')
  })
})
