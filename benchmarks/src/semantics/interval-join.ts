import { boundedOutOfOrderness, pipeline, run, type Sink } from '@rtp/stream-core'
import { BATCH_RECORDS } from '../harness/batches.ts'
import type { BenchmarkOptions, Comparison } from '../harness/benchmark.ts'
import { compare } from '../harness/compare.ts'

/** An interval join of two streams of a million records, by the engine and by a loop that does this join and nothing else. */
export async function intervalJoins(options: BenchmarkOptions): Promise<Comparison> {
  const size = options.quick ? 50_000 : 1_000_000
  const [left, right] = [makeEvents(size, 1), makeEvents(size, 2)]
  return compare(
    'semantics: interval join of two streams, 500 ms before to 500 ms after',
    2 * size,
    options.quick ? 1 : 5,
    [
      { name: 'by hand', run: async () => ({ result: joinByHand(left, right) }) },
      { name: 'intervalJoin()', run: async () => ({ result: await joinByEngine(left, right) }) },
    ],
    options,
    [`${KEYS} keys; times up to ${DISORDER} ms out of order; records of both streams are counted`],
  )
}

interface Event {
  readonly key: string
  readonly at: number
  readonly value: number
}

const KEYS = 1_000
const DISORDER = 100
const REACH = 500

function makeEvents(size: number, seed: number): Event[] {
  let state = seed
  const random = (below: number): number => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return Math.floor((state / 2_147_483_648) * below)
  }
  return Array.from({ length: size }, (_, i) => ({ key: `sensor-${random(KEYS)}`, at: i + random(DISORDER), value: i }))
}

/** What both compute: pairs, and a sum that does not depend on their order. */
class Pairs {
  count = 0
  sum = 0

  add(left: number, right: number): void {
    this.count++
    this.sum += (left ^ right) % 1_000
  }

  get result(): string {
    return `${this.count} pairs, sum ${this.sum}`
  }
}

async function joinByEngine(left: readonly Event[], right: readonly Event[]): Promise<string> {
  const pairs = new Pairs()
  const job = pipeline('interval-join')
  const [lefts, rights] = [left, right].map(events =>
    job
      .from(events)
      .withEventTime(event => event.at, boundedOutOfOrderness(DISORDER))
      .keyBy(event => event.key),
  )
  lefts!
    .intervalJoin(rights!)
    .between(-REACH, REACH)
    .inner((one, other) => ({ left: one.value, right: other.value }))
    .sink(into(pairs))
  await run(job).done
  return pairs.result
}

/** A sink that is never full, so that only the checkpoints of the default settings are taken. */
function into(pairs: Pairs): Sink<{ readonly left: number; readonly right: number }> {
  return {
    name: 'pairs',
    rewrite: 'append',
    open: async () => ({
      write({ values, size }) {
        for (let i = 0; i < size; i++) pairs.add(values[i]!.left, values[i]!.right)
      },
      ready: () => undefined,
      seal: () => undefined,
      close: async () => {},
    }),
  }
}

interface Rows {
  readonly events: Event[]
  first: number
}

/** Records in order of arrival, batch by batch of both streams in turn; rows behind the watermark are cut off in front. */
function joinByHand(left: readonly Event[], right: readonly Event[]): string {
  const pairs = new Pairs()
  const tables = [new Map<string, Rows>(), new Map<string, Rows>()]
  const highest = [0, 0]
  for (let from = 0; from < left.length; from += BATCH_RECORDS) {
    for (const [side, events] of [left, right].entries()) {
      const end = Math.min(from + BATCH_RECORDS, events.length)
      for (let i = from; i < end; i++) {
        const event = events[i]!
        if (event.at > highest[side]!) highest[side] = event.at
        const oldest = Math.min(highest[0]!, highest[1]!) - DISORDER - 1 - REACH
        joinOne(event, rowsOf(tables[side]!, event.key), rowsOf(tables[1 - side]!, event.key), side, oldest, pairs)
      }
    }
  }
  return pairs.result
}

function rowsOf(table: Map<string, Rows>, key: string): Rows {
  let rows = table.get(key)
  if (rows === undefined) table.set(key, (rows = { events: [], first: 0 }))
  return rows
}

function joinOne(event: Event, own: Rows, other: Rows, side: number, oldest: number, pairs: Pairs): void {
  const { events } = other
  cutOff(other, oldest)
  cutOff(own, oldest)
  for (let i = other.first; i < events.length; i++) {
    const partner = events[i]!
    if (partner.at < event.at - REACH || partner.at > event.at + REACH) continue
    // A pair is an object here too: somebody wants it.
    const pair = side === 0 ? { left: event.value, right: partner.value } : { left: partner.value, right: event.value }
    pairs.add(pair.left, pair.right)
  }
  own.events.push(event)
}

function cutOff(rows: Rows, oldest: number): void {
  while (rows.first < rows.events.length && rows.events[rows.first]!.at < oldest) rows.first++
  if (rows.first < 32 || rows.first * 2 < rows.events.length) return
  rows.events.splice(0, rows.first)
  rows.first = 0
}
