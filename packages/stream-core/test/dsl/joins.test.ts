import { describe, expect, it } from 'vitest'
import {
  ascendingTimes,
  type Change,
  type KeyedStream,
  lookupCache,
  minutes,
  type Pipeline,
  pipeline,
  run,
  seconds,
  toArray,
  tumbling,
} from '../../src/index.ts'

interface Event {
  readonly id: string
  readonly at: number
}

function events(job: Pipeline, ...list: readonly Event[]): KeyedStream<string, Event> {
  return job
    .from<Event>(list)
    .withEventTime(event => event.at, ascendingTimes())
    .keyBy(event => event.id)
}

describe('windowJoin()', () => {
  it('joins what is in one window, from end to end', async () => {
    const job = pipeline('windows')
    const [left, right] = [
      events(job, { id: 'a', at: 1_000 }, { id: 'b', at: 70_000 }),
      events(job, { id: 'a', at: 59_999 }),
    ]
    const rows: string[] = []
    left
      .windowJoin(right)
      .window(tumbling(minutes(1)))
      .left((one, other) => `${one.id} ${other?.at ?? '-'}`)
      .map(({ start, value }) => `${start}: ${value}`)
      .sink(toArray(rows))
    await run(job).done
    expect(rows).toEqual(['0: a 59999', '60000: b -'])
  })
})

describe('streamJoin()', () => {
  it('joins by stream time, from end to end', async () => {
    const job = pipeline('streams')
    const [left, right] = [
      events(job, { id: 'a', at: 1_000 }, { id: 'b', at: 2_000 }),
      events(job, { id: 'a', at: 1_500 }),
    ]
    const rows: string[] = []
    left
      .streamJoin(right, { after: seconds(1), grace: seconds(1) })
      .outer((one, other) => `${one?.id ?? '-'} ${other?.id ?? '-'}`)
      .sink(toArray(rows))
    await run(job).done
    expect(rows).toEqual(['a a', 'b -'])
  })

  it('refuses windows, graces and retentions that are none', () => {
    const job = pipeline('streams')
    const [left, right] = [events(job), events(job)]
    for (const window of [{ before: -1 }, { after: 0.5 }, { grace: Number.NaN }])
      expect(() => left.streamJoin(right, window)).toThrow('DURATION_INVALID')
    expect(() => left.streamJoin(right, { before: 10, retention: 9 })).toThrow('JOIN_INVALID')
  })
})

describe('asOfJoin() and latestJoin()', () => {
  it('look up the version of a time, or the latest, from end to end', async () => {
    const job = pipeline('rates')
    const orders = events(job, { id: 'eur', at: 5_000 }, { id: 'usd', at: 6_000 })
    const rates = events(job, { id: 'eur', at: 1_000 }, { id: 'eur', at: 4_000 }, { id: 'eur', at: 9_000 })
    const rows: string[] = []
    orders
      .asOfJoin(rates)
      .left((order, rate) => `${order.id} ${rate?.at ?? '-'}`)
      .sink(toArray(rows))
    await run(job).done
    expect(rows).toEqual(['eur 4000', 'usd -'])
  })

  it('take a changelog', () => {
    const job = pipeline('rates')
    const changes = job.from<Change<Event>>([]).keyBy(change => change.value.id)
    job
      .from<Event>([])
      .keyBy(event => event.id)
      .latestJoin(changes)
      .inner((order, rate) => order.at + rate.at)
      .sink(toArray<number>([]))
    expect(job.explain()).toContain('latestJoin')
  })
})

describe('updatingJoin()', () => {
  it('emits the changes of the joined table, from end to end', async () => {
    const job = pipeline('tables')
    const orders = job
      .from<Change<Event>>([
        { op: 'insert', value: { id: 'a', at: 1 } },
        { op: 'delete', value: { id: 'a', at: 1 } },
      ])
      .keyBy(change => change.value.id)
    const rows: Change<string>[] = []
    orders
      .updatingJoin(job.from<Event>([]).keyBy(event => event.id))
      .left((order, other) => `${order.id} ${other?.at ?? '-'}`)
      .sink(toArray(rows))
    await run(job).done
    expect(rows).toEqual([
      { op: 'insert', value: 'a -' },
      { op: 'delete', value: 'a -' },
    ])
  })

  it('refuses a time to live that is none', () => {
    const job = pipeline('tables')
    expect(() => events(job).updatingJoin(events(job), { ttl: 0 })).toThrow('DURATION_INVALID')
  })
})

describe('lookupJoin()', () => {
  it('looks something up for each record, keeps answers, and leaves out or marks what was not found', async () => {
    const asked: string[] = []
    const cache = lookupCache<string>({ ttlMs: minutes(1) })
    const find = async (id: string) => {
      asked.push(id)
      return id === 'x' ? undefined : id.toUpperCase()
    }
    const job = pipeline('lookups')
    const found = job.from(['a', 'b', 'a', 'x', 'a']).lookupJoin(find, { key: id => id, cache, concurrency: 1 })
    const [left, inner]: string[][] = [[], []]
    found.left((id, name) => `${id} ${name}`).sink(toArray(left!))
    found.inner((id, name) => `${id} ${name}`).sink(toArray(inner!))
    await run(job).done
    expect(left).toEqual(['a A', 'b B', 'a A', 'x null', 'a A'])
    expect(inner).toEqual(['a A', 'b B', 'a A', 'a A'])
    expect(asked.filter(id => id !== 'x').sort()).toEqual(['a', 'b'])
  })
})
