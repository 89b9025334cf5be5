import { ascendingTimes, forEachBatch, minutes, pipeline, run } from '@rtp/stream-core'
import type { BenchmarkOptions, Comparison } from '../harness/benchmark.ts'
import { compare } from '../harness/compare.ts'

/** A record asks for one timer. */
interface Order {
  readonly key: number
  readonly at: number
  readonly timer: number
}

/**
 * A million timers, each set by a record and fired. As jobs set them, a minute ahead of the record; and the worst case: all wait at once, in no order of
 * time.
 */
export async function timers(options: BenchmarkOptions): Promise<Comparison> {
  const count = options.quick ? 50_000 : 1_000_000
  const oneEach = makeOrders(count, count, 'at once')
  const few = makeOrders(count, 200, 'at once')
  const ahead = makeOrders(count, count, 'a minute ahead')
  const fewAhead = makeOrders(count, 200, 'a minute ahead')
  return compare(
    'semantics: timers set and fired',
    count,
    options.quick ? 1 : 7,
    [
      {
        name: 'all at once: binary heap and a Map by hand, a key each',
        run: async () => ({ result: runByHand(oneEach) }),
      },
      { name: 'all at once: process(), a key each', run: async () => ({ result: await runByProcess(oneEach) }) },
      { name: 'all at once: process(), 200 keys', run: async () => ({ result: await runByProcess(few) }) },
      { name: 'a minute ahead: process(), a key each', run: async () => ({ result: await runByProcess(ahead) }) },
      { name: 'a minute ahead: process(), 200 keys', run: async () => ({ result: await runByProcess(fewAhead) }) },
    ],
    options,
  )
}

function makeOrders(count: number, keys: number, waiting: 'at once' | 'a minute ahead'): Order[] {
  const start = Date.UTC(2026, 0, 1)
  // Each timer has a time of its own, so that keys make no difference to what fires.
  return Array.from({ length: count }, (_, i) => ({
    key: i % keys,
    at: start + i,
    timer: waiting === 'at once' ? start + 2 * count + ((i * 7_919) % count) : start + i + minutes(1),
  }))
}

async function runByProcess(orders: readonly Order[]): Promise<string> {
  let fired = 0
  let last = Number.NEGATIVE_INFINITY
  let inOrder = true
  const job = pipeline('timers')
  job
    .from(orders)
    .withEventTime(order => order.at, ascendingTimes())
    .keyBy(order => order.key)
    .process<number>({
      onRecord: (order, context) => context.setTimer(order.timer),
      onTimer: (time, context) => context.emit(time),
    })
    .sink(
      forEachBatch(times => {
        for (const time of times) {
          inOrder &&= time >= last
          last = time
          fired++
        }
      }),
    )
  await run(job).done
  return `${fired} fired, ${inOrder ? 'in order' : 'out of order'}`
}

interface Timer {
  readonly key: number
  readonly time: number
}

/** What someone would write for this one job: a heap of timers, and a Map that keeps a key from having the same one twice. */
function runByHand(orders: readonly Order[]): string {
  const timerOf = new Map<number, number>()
  const heap: Timer[] = []
  for (const { key, timer } of orders) {
    if (timerOf.get(key) === timer) continue
    timerOf.set(key, timer)
    push(heap, { key, time: timer })
  }
  let fired = 0
  let last = Number.NEGATIVE_INFINITY
  let inOrder = true
  for (let first = pop(heap); first !== undefined; first = pop(heap)) {
    timerOf.delete(first.key)
    inOrder &&= first.time >= last
    last = first.time
    fired++
  }
  return `${fired} fired, ${inOrder ? 'in order' : 'out of order'}`
}

function push(heap: Timer[], timer: Timer): void {
  let at = heap.length
  while (at > 0) {
    const parent = (at - 1) >> 1
    if (heap[parent]!.time <= timer.time) break
    heap[at] = heap[parent]!
    at = parent
  }
  heap[at] = timer
}

function pop(heap: Timer[]): Timer | undefined {
  const first = heap[0]
  const timer = heap.pop()
  if (timer === undefined || heap.length === 0) return first
  let at = 0
  for (;;) {
    let child = 2 * at + 1
    if (child >= heap.length) break
    if (child + 1 < heap.length && heap[child + 1]!.time < heap[child]!.time) child++
    if (timer.time <= heap[child]!.time) break
    heap[at] = heap[child]!
    at = child
  }
  heap[at] = timer
  return first
}
