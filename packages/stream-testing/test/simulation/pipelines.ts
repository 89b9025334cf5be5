import {
  boundedOutOfOrderness,
  count,
  mapState,
  output,
  pipeline,
  type SourceStream,
  sum,
  valueState,
} from '@rtp/stream-core'
import type { Random, SimulatedRecord, SimulatedWorld, SimulationInput, SimulationOptions } from '../../src/index.ts'

interface Reading {
  readonly id: string
  readonly key: string
  readonly at: number
  readonly n: number
}

export type SimulatedPipeline = Omit<SimulationOptions, 'seed'>

/** Keys of a partition are in no other; times grow by 5 ms a record, each shaken by up to 30. */
function readings(random: Random, topic: string, partitions: number): SimulatedRecord<Reading>[][] {
  return Array.from({ length: partitions }, (_, partition) =>
    Array.from({ length: random.between(0, 40) }, (_, i) => ({
      value: {
        id: `${topic} ${partition}/${i}`,
        key: `${partition}${random.pick(['a', 'b', 'c'])}`,
        at: i * 5 + random.between(-30, 0),
        n: random.between(-9, 9),
      },
    })),
  )
}

function one(random: Random): SimulationInput {
  return { readings: readings(random, 'readings', random.between(1, 4)) }
}

function two(random: Random): SimulationInput {
  const partitions = random.between(1, 3)
  return { left: readings(random, 'left', partitions), right: readings(random, 'right', partitions) }
}

function all(input: SimulationInput, topic = 'readings'): Reading[] {
  return input[topic]!.flatMap(records => records.map(({ value }) => value as Reading))
}

/** Every reading goes into a table as it is: none may be lost, none may be there twice. */
function audited(world: SimulatedWorld, stream: SourceStream<Reading>): SourceStream<Reading> {
  stream.map(({ id }) => id).sink(world.sink<string>('audit'))
  return stream
}

function start(name: string, world: SimulatedWorld) {
  const job = pipeline(name)
  return { job, stream: audited(world, job.from(world.source<Reading>('readings'), { name: 'readings' })) }
}

function audit(input: SimulationInput): { audit: string[] } {
  return { audit: all(input).map(({ id }) => id) }
}

/** Above the most by which two times can be out of order. */
const NEVER_LATE_MS = 1_000
const BOUND_MS = 12

/** The rows of a tumbling window of 20 ms over readings that are never late. */
function windowRows(records: readonly Reading[]): { key: string; start: number; n: number; sum: number }[] {
  const rows = new Map<string, { key: string; start: number; n: number; sum: number }>()
  for (const { key, at, n } of records) {
    const start = Math.floor(at / 20) * 20
    const row = rows.get(`${key} ${start}`) ?? { key, start, n: 0, sum: 0 }
    row.n++
    row.sum += n
    rows.set(`${key} ${start}`, row)
  }
  return [...rows.values()]
}

/** Pipelines by name, each with another sort of state that must come through every fault. */
export const PIPELINES: { readonly [name: string]: SimulatedPipeline } = {
  tumbling: {
    input: one,
    expected: audit,
    build(world) {
      const { job, stream } = start('tumbling', world)
      const windows = stream
        .withEventTime(({ at }) => at, boundedOutOfOrderness(BOUND_MS), { name: 'event-time' })
        .keyBy(({ key }) => key, { partitionKey: true })
        .tumblingWindow(20, { name: 'windows', allowedLateness: 10 })
        .aggregate({ n: count(), sum: sum(({ n }) => n) })
      windows
        .map(({ key, start, value, pane }) => ({ key, start, ...value, timing: pane.timing, index: pane.index }))
        .sink(world.sink('panes'))
      windows
        .map(({ key, start, value }) => ({ key, start, ...value }))
        .sink(world.sink('windows', { keyOf: ({ key, start }) => `${key} ${start}` }))
      windows
        .late()
        .map(({ value, reason }) => ({ id: value.id, reason }))
        .sink(world.sink('late'))
      return job
    },
  },

  timers: {
    input: one,
    expected: audit,
    build(world) {
      const { job, stream } = start('timers', world)
      const results = stream
        .withEventTime(({ at }) => at, boundedOutOfOrderness(BOUND_MS), { name: 'event-time' })
        .keyBy(({ key }) => key, { partitionKey: true })
        .process(
          {
            emits: output<{ key: string; at: number; total: number; seen: number }>(),
            sides: { negative: output<string>() },
            state: { total: valueState(0), seen: mapState<string, number>() },
            onRecord({ id, n }, context) {
              context.state.total.set(context.state.total.get() + n)
              context.state.seen.set(id, n)
              if (n < 0) context.emitTo('negative', id)
              context.setTimer(context.time + 17)
              if (n > 6) context.deleteTimer(context.time + 12)
            },
            onTimer(at, context) {
              const { key, state } = context
              context.emit({ key, at, total: state.total.get(), seen: [...state.seen.entries()].length })
              if (state.total.get() > 20) state.seen.clear()
            },
          },
          { name: 'totals' },
        )
      results.sink(world.sink('totals'))
      results.side('negative').sink(world.sink('negative'))
      return job
    },
  },

  sessions: {
    input: one,
    expected: audit,
    build(world) {
      const { job, stream } = start('sessions', world)
      const sessions = stream
        .withEventTime(({ at }) => at, boundedOutOfOrderness(BOUND_MS), { name: 'event-time' })
        .keyBy(({ key }) => key, { partitionKey: true })
        .sessionWindow(8, { name: 'sessions', allowedLateness: 5 })
        .aggregate({ n: count(), sum: sum(({ n }) => n) })
      sessions.map(({ key, start, end, value }) => ({ key, start, end, ...value })).sink(world.sink('sessions'))
      sessions
        .late()
        .map(({ value }) => value.id)
        .sink(world.sink('late'))
      return job
    },
  },

  async: {
    input: one,
    expected: input => ({
      ...audit(input),
      called: all(input).map(({ id, n }) => ({ id, n: n * 2 })),
      windows: windowRows(all(input)),
    }),
    build(world) {
      const { job, stream } = start('async', world)
      const called = stream.mapAsync(reading => world.call('service', () => reading), {
        name: 'service',
        concurrency: 3,
        capacity: 5,
        retry: { attempts: 3, backOffMs: 30 },
      })
      called.map(({ id, n }) => ({ id, n: n * 2 })).sink(world.sink('called'))
      called
        .withEventTime(({ at }) => at, boundedOutOfOrderness(NEVER_LATE_MS), { name: 'event-time' })
        .keyBy(({ key }) => key, { partitionKey: true })
        .tumblingWindow(20, { name: 'windows' })
        .aggregate({ n: count(), sum: sum(({ n }) => n) })
        .map(({ key, start, value }) => ({ key, start, ...value }))
        .sink(world.sink('windows'))
      return job
    },
  },

  unordered: {
    input: one,
    expected: input => ({ ...audit(input), called: all(input).map(({ id }) => id) }),
    build(world) {
      const { job, stream } = start('unordered', world)
      stream
        .mapAsync(({ id }) => world.call('service', () => id), { name: 'service', concurrency: 4, ordered: false })
        .sink(world.sink('called'))
      return job
    },
  },

  join: {
    input: two,
    expected: input => ({
      pairs: all(input, 'left').flatMap(left => {
        const partners = all(input, 'right').filter(({ key, at }) => key === left.key && Math.abs(at - left.at) <= 7)
        return partners.length === 0 ? [`${left.id} - none`] : partners.map(({ id }) => `${left.id} - ${id}`)
      }),
      late: [],
    }),
    build(world) {
      const job = pipeline('join')
      const [left, right] = ['left', 'right'].map(topic =>
        job
          .from(world.source<Reading>(topic), { name: topic })
          .withEventTime(({ at }) => at, boundedOutOfOrderness(NEVER_LATE_MS), { name: `${topic}-time` })
          .keyBy(({ key }) => key, { partitionKey: true }),
      )
      const pairs = left!
        .intervalJoin(right!)
        .between(-7, 7)
        .left((left, right) => `${left.id} - ${right?.id ?? 'none'}`, { name: 'pairs' })
      pairs.sink(world.sink('pairs'))
      pairs
        .lateLeft()
        .map(({ value }) => value.id)
        .sink(world.sink('late'), { name: 'late left' })
      pairs
        .lateRight()
        .map(({ value }) => value.id)
        .sink(world.sink('late'), { name: 'late right' })
      return job
    },
  },

  upserts: {
    input: one,
    expected: input => {
      const sums = new Map<string, number>()
      for (const { key, n } of all(input)) sums.set(key, (sums.get(key) ?? 0) + n)
      const windows = windowRows(all(input))
      return { ...audit(input), sums: [...sums].map(([key, sum]) => ({ key, sum })), windows, outside: windows }
    },
    build(world) {
      const { job, stream } = start('upserts', world)
      stream
        .map(({ key, n }) => ({ key, sum: n }))
        .keyBy(({ key }) => key, { partitionKey: true })
        .reduce((a, b) => ({ key: a.key, sum: a.sum + b.sum }), { name: 'sums' })
        .sink(world.sink('sums', { keyOf: ({ key }) => key }))
      const windows = stream
        .withEventTime(({ at }) => at, boundedOutOfOrderness(NEVER_LATE_MS), { name: 'event-time' })
        .keyBy(({ key }) => key, { partitionKey: true })
        .tumblingWindow(20, { name: 'windows' })
        .aggregate({ n: count(), sum: sum(({ n }) => n) })
        .map(({ key, start, value }) => ({ key, start, ...value }))
      const keyOf = ({ key, start }: { key: string; start: number }): string => `${key} ${start}`
      windows.sink(world.sink('windows', { keyOf }))
      windows.sink(world.sink('outside', { keyOf, isTransactional: false }))
      return job
    },
  },

  // One task reads all partitions: the key is no partition key. A second process would only fence the first.
  single: {
    input: two,
    mostProcesses: 1,
    expected: input => {
      const merged = [...all(input, 'left'), ...all(input, 'right')].map(reading => ({
        ...reading,
        key: reading.key.slice(1),
      }))
      return { windows: windowRows(merged) }
    },
    build(world) {
      const job = pipeline('single')
      const [left, right] = ['left', 'right'].map(topic => job.from(world.source<Reading>(topic), { name: topic }))
      left!
        .union(right!)
        .withEventTime(({ at }) => at, boundedOutOfOrderness(NEVER_LATE_MS), { name: 'event-time' })
        .keyBy(({ key }) => key.slice(1))
        .tumblingWindow(20, { name: 'windows' })
        .aggregate({ n: count(), sum: sum(({ n }) => n) })
        .map(({ key, start, value }) => ({ key, start, ...value }))
        .sink(world.sink('windows'))
      return job
    },
  },
}
