import { describe, expect, it } from 'vitest'
import { ascendingTimes, minutes, pipeline, run, seconds, toArray } from '../../src/index.ts'

interface Event {
  readonly id: string
  readonly at: number
}

describe('intervalJoin()', () => {
  it('joins two streams of a pipeline from end to end, with what came too late on the side', async () => {
    const job = pipeline('orders')
    const orders = [
      { id: 'a', at: 1_000 },
      { id: 'b', at: 2_000 },
    ]
    const payments = [
      { id: 'a', at: 5_000 },
      { id: 'b', at: 90_000 },
    ]
    const [left, right] = [orders, payments].map(events =>
      job
        .from<Event>(events)
        .withEventTime(event => event.at, ascendingTimes())
        .keyBy(event => event.id),
    )
    const rows: string[] = []
    left!
      .intervalJoin(right!)
      .between(0, minutes(1))
      .left((order, payment) => `${order.id} paid at ${payment?.at ?? 'never'}`)
      .sink(toArray(rows))
    await run(job).done
    expect(rows.sort()).toEqual(['a paid at 5000', 'b paid at never'])
  })

  it('needs event time on both inputs, unless it goes by the wall clock', () => {
    const job = pipeline('orders')
    const [left, right] = [0, 1].map(() => job.from<Event>([]).keyBy(event => event.id))
    const start = left!.intervalJoin(right!)
    start
      .between(0, 1, { time: 'processing' })
      .inner(order => order.id)
      .sink(toArray<string>([]))
    expect(() => job.explain()).not.toThrow()
    start
      .between(0, 1)
      .inner(order => order.id)
      .sink(toArray<string>([]))
    expect(() => job.explain()).toThrow('WINDOW_WITHOUT_EVENT_TIME')
  })

  it('refuses bounds between which there is no time, and bounds that are no milliseconds', () => {
    const job = pipeline('orders')
    const [left, right] = [0, 1].map(() => job.from<Event>([]).keyBy(event => event.id))
    const start = left!.intervalJoin(right!)
    expect(() => start.between(seconds(1), 0)).toThrow('JOIN_INVALID')
    expect(() => start.between(0, 1, { lowerInclusive: false, upperInclusive: false })).toThrow('JOIN_INVALID')
    for (const bound of [0.5, Number.NaN, Number.NEGATIVE_INFINITY]) {
      expect(() => start.between(bound, 100)).toThrow('JOIN_INVALID')
    }
    expect(() => start.between(0, 1, { lowerInclusive: false })).not.toThrow()
  })
})
