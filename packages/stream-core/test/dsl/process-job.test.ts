import { manualClock, pause, recordingSink, records, scriptedSource } from '@rtp/stream-testing'
import { describe, expect, it } from 'vitest'
import {
  boundedOutOfOrderness,
  mapState,
  output,
  pipeline,
  reducingState,
  run,
  toArray,
  valueState,
} from '../../src/index.ts'
import { until } from '../runtime/until.ts'

interface Order {
  readonly customer: string
  readonly at: number
  readonly amount: number
}

const orders: readonly Order[] = [
  { customer: 'a', at: 1, amount: 5 },
  { customer: 'b', at: 2, amount: 7 },
  { customer: 'a', at: 30, amount: -2 },
  { customer: 'a', at: 40, amount: 4 },
]

describe('a job with process functions', () => {
  it('has typed results and side outputs, and fires what is left at the end of the input', async () => {
    const totals: { readonly customer: string; readonly total: number | undefined }[] = []
    const refunds: Order[] = []
    const job = pipeline('totals')
    const results = job
      .from(orders)
      .withEventTime(order => order.at, boundedOutOfOrderness(0))
      .keyBy(order => order.customer)
      .process({
        emits: output<{ customer: string; total: number | undefined }>(),
        sides: { refunds: output<Order>() },
        state: { total: reducingState<number>((a, b) => a + b, { ttl: { ms: 25, clock: 'eventTime' } }) },
        onRecord(order, context) {
          if (order.amount < 0) return context.emitTo('refunds', order)
          context.state.total.add(order.amount)
          context.setTimer(context.time + 10)
        },
        onTimer: (_, context) => context.emit({ customer: context.key, total: context.state.total.get() }),
      })
    results.sink(toArray(totals))
    results.side('refunds').sink(toArray(refunds))
    await run(job).done
    expect(totals).toEqual([
      { customer: 'a', total: 5 },
      { customer: 'b', total: 7 },
      { customer: 'a', total: 4 },
    ])
    expect(refunds).toEqual([orders[2]])
  })

  it('wakes timers of the wall clock and cleans up state that expires by it, without a record', async () => {
    const clock = manualClock(1_000)
    const rows = recordingSink<string>()
    const waiting = pause()
    const job = pipeline('reminders')
    job
      .from(scriptedSource([[...records(['a']), waiting]]))
      .keyBy(value => value)
      .process({
        emits: output<string>(),
        state: { seen: valueState(0, { ttl: { ms: 160, clock: 'processingTime' } }) },
        onRecord(_, context) {
          context.state.seen.set(context.processingTime)
          context.setProcessingTimer(context.processingTime + 100)
          context.setProcessingTimer(context.processingTime + 200)
        },
        onProcessingTimer: (time, context) => context.emit(`${context.key} at ${time}: ${context.state.seen.get()}`),
      })
      .sink(rows)
    const running = run(job, { clock })
    await waiting.reached
    clock.advance(100)
    await until(() => rows.written.length === 1)
    clock.advance(100)
    await until(() => rows.written.length === 2)
    expect(rows.written.map(({ value }) => value)).toEqual(['a at 1100: 1000', 'a at 1200: 0'])
    waiting.release()
    await running.done
  })

  it('of two keyed streams keeps one state for both', async () => {
    const greetings: string[] = []
    const job = pipeline('names')
    const names = job.from([{ id: 1, name: 'Una' }])
    const visits = job.from([{ user: 1 }, { user: 2 }])
    names
      .keyBy(({ id }) => id)
      .connect(visits.keyBy(({ user }) => user))
      .process({
        emits: output<string>(),
        state: { name: valueState(''), visits: valueState(0) },
        onFirst: ({ name }, context) => greet(context.state.visits.get(), name, context),
        onSecond(_, context) {
          context.state.visits.set(context.state.visits.get() + 1)
          greet(context.state.visits.get(), context.state.name.get(), context)
        },
      })
      .sink(toArray(greetings))
    await run(job).done
    expect(greetings).toEqual(['Una was here'])

    function greet(
      visits: number,
      name: string,
      context: { state: { name: { set(name: string): void } }; emit(text: string): void },
    ): void {
      if (name !== '') context.state.name.set(name)
      if (name !== '' && visits > 0) context.emit(`${name} was here`)
    }
  })

  it('with a broadcast stream runs as one task, and says why', () => {
    const job = pipeline('rules')
    const rules = job.from([{ above: 3 }])
    job
      .from([1, 5])
      .keyBy(n => n)
      .connectBroadcast(rules)
      .process({
        emits: output<number>(),
        broadcast: { rules: mapState<number, boolean>() },
        onRecord(n, context) {
          if ([...context.broadcast.rules.entries()].some(([above]) => n > above)) context.emit(n)
        },
        onBroadcast: ({ above }, context) => context.broadcast.rules.set(above, true),
      })
      .sink(toArray<number>([]))
    expect(job.explain()).toContain('"broadcastProcess" needs all records of an input')
  })

  it('of streams of two pipelines is refused', () => {
    const [one, two] = [pipeline('one').from([1]), pipeline('two').from([2])]
    const functions = { onFirst() {}, onSecond() {} }
    expect(() => one.connect(two).process(functions)).toThrow('GRAPH_INVALID')
    expect(() =>
      one
        .keyBy(n => n)
        .connect(two.keyBy(n => n))
        .process(functions),
    ).toThrow('GRAPH_INVALID')
  })
})
