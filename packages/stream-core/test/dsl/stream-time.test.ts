import { describe, expect, expectTypeOf, it } from 'vitest'
import {
  boundedOutOfOrderness,
  count,
  from,
  type Stream,
  untilTimeLimit,
  untilWindowCloses,
  type WindowUpdate,
  type WindowValue,
} from '../../src/index.ts'

interface Click {
  readonly user: string
  readonly at: number
}

const clicks: readonly Click[] = [0, 5, 16, 11, 60].map(at => ({ user: 'a', at }))

const byUser = () =>
  from(clicks)
    .withEventTime(({ at }) => at, boundedOutOfOrderness(20))
    .keyBy(({ user }) => user)

const bounds = ({ window, value }: WindowUpdate<string, { n: number }>) => [window.start, window.end, value?.n ?? null]

describe('windows of Kafka Streams in a pipeline', () => {
  it('emit updates, with tombstones where a session grows', async () => {
    const updates = byUser().sessionByRecord({ gap: 10, grace: 20 }).aggregate({ n: count() })
    expect((await all(updates)).map(bounds)).toEqual([
      [0, 0, 1],
      [0, 0, null],
      [0, 5, 2],
      [16, 16, 1],
      [0, 5, null],
      [16, 16, null],
      [0, 16, 4],
      [60, 60, 1],
    ])
  })

  it('emit final results alone, by the strategy or by suppress', async () => {
    const final = byUser().sessionByRecord({ gap: 10, grace: 20, emit: 'onClose' }).aggregate({ n: count() })
    const suppressed = byUser()
      .sessionByRecord({ gap: 10, grace: 20 })
      .aggregate({ n: count() })
      .suppress(untilWindowCloses())
    expectTypeOf(final).toExtend<Stream<WindowValue<string, { n: number }>>>()
    expectTypeOf(suppressed).toExtend<Stream<WindowValue<string, { n: number }>>>()
    expect((await all(final)).map(bounds)).toEqual([
      [0, 16, 4],
      [60, 60, 1],
    ])
    expect((await all(suppressed)).map(bounds)).toEqual([
      [0, 16, 4],
      [60, 60, 1],
    ])
  })

  it('slide by record, and hop by stream time', async () => {
    const sliding = byUser()
      .slidingByRecord({ timeDifference: 6, grace: 20, emit: 'onClose' })
      .aggregate({ n: count() })
    expect((await all(sliding)).map(bounds)).toEqual([
      [0, 6, 2],
      [1, 7, 1],
      [5, 11, 2],
      [6, 12, 1],
      [10, 16, 2],
      [12, 18, 1],
      [54, 60, 1],
    ])
    const hopping = byUser()
      .streamTimeWindow({ size: 20, advance: 10, grace: 20, emit: 'onClose' })
      .reduce((_, last) => last)
    expect((await all(hopping)).map(({ window, value }) => [window.start, value.at])).toEqual([
      [0, 11],
      [10, 11],
      [50, 60],
      [60, 60],
    ])
  })

  it('say which records came too late', async () => {
    const late = byUser().slidingByRecord({ timeDifference: 2, grace: 1 }).aggregate({ n: count() }).late()
    expect((await all(late)).map(({ value, lateByMs }) => [value.at, lateByMs])).toEqual([[11, 3]])
  })

  it('hold rows back until a time limit', async () => {
    const rows = byUser().suppress(untilTimeLimit(15))
    expect((await all(rows)).map(({ at }) => at)).toEqual([16, 60])
  })
})

describe('what windows of Kafka Streams refuse', () => {
  it('are sizes, gaps and grace periods that are none, when the pipeline is built', () => {
    expect(() => byUser().slidingByRecord({ timeDifference: -1, grace: 0 })).toThrow(/DURATION_INVALID/)
    expect(() => byUser().slidingByRecord({ timeDifference: 1, grace: -1 })).toThrow(/DURATION_INVALID: grace/)
    expect(() => byUser().sessionByRecord({ gap: 0, grace: 0 })).toThrow(/DURATION_INVALID/)
    expect(() => byUser().streamTimeWindow({ size: 10, advance: 11, grace: 0 })).toThrow(/WINDOW_INVALID/)
    expect(() => byUser().streamTimeWindow({ size: 10, grace: 0, emit: { onUpdateCached: 0 } })).toThrow(
      /DURATION_INVALID/,
    )
  })
})

async function all<T>(stream: Stream<T>): Promise<T[]> {
  const values: T[] = []
  for await (const value of stream) values.push(value)
  return values
}
