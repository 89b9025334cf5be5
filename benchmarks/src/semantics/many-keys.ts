import {
  boundedOutOfOrderness,
  count,
  forEachBatch,
  hours,
  max,
  mean,
  min,
  pipeline,
  run,
  seconds,
} from '@rtp/stream-core'
import type { BenchmarkOptions, Comparison } from '../harness/benchmark.ts'
import { collectGarbage } from '../harness/collect-garbage.ts'
import { compare } from '../harness/compare.ts'

interface Sample {
  readonly key: number
  readonly value: number
  readonly at: number
}

/** One open window of a million keys against one of 200: how much slower, and how many bytes a key. */
export async function manyKeys(options: BenchmarkOptions): Promise<Comparison> {
  const keys = options.quick ? 100_000 : 1_000_000
  const records = keys * 4
  const few = makeSamples(records, 200)
  const many = makeSamples(records, keys)
  // Before anything else has filled the heap.
  const bytes = await bytesPerKey(many, keys)
  const comparison = await compare(
    'semantics: many keys with an open window each, {count, mean, min, max}',
    records,
    options.quick ? 1 : 5,
    [
      { name: '200 keys', run: () => aggregate(few) },
      { name: `${keys} keys`, run: () => aggregate(many) },
    ],
    options,
  )
  return {
    ...comparison,
    notes: [
      `${bytes.toFixed(0)} bytes of heap and of typed arrays for each key and window, after a full collection; the keys are numbers`,
      'without checkpoints on the way: with them, each key that changed is written',
    ],
  }
}

function makeSamples(count: number, keys: number): Sample[] {
  let seed = 12_345
  return Array.from({ length: count }, (_, i) => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff
    // The first records name every key once; from then on keys come at random.
    return { key: i < keys ? i : (seed >>> 8) % keys, value: (seed >>> 8) % 1_000, at: 1.7e12 + i }
  })
}

async function aggregate(samples: Iterable<Sample> | AsyncIterable<Sample>): Promise<{ result: string }> {
  let counted = 0
  const job = pipeline('many-keys')
  job
    .from(samples)
    .withEventTime(r => r.at, boundedOutOfOrderness(seconds(5)))
    .keyBy(r => r.key)
    .tumblingWindow(hours(10_000))
    .aggregate({ count: count(), mean: mean(r => r.value), min: min(r => r.value), max: max(r => r.value) })
    .sink(
      forEachBatch(results => {
        for (const { value } of results) counted += value.count
      }),
    )
  await run(job, { checkpoint: { intervalMs: 60_000, records: 100_000_000, bytes: 1e12 } }).done
  return { result: `${counted} counted` }
}

async function bytesPerKey(samples: readonly Sample[], keys: number): Promise<number> {
  let after = 0
  async function* read(): AsyncGenerator<Sample> {
    for (let i = 0; i < keys; i++) yield samples[i]!
    after = await bytesInUse()
  }
  const before = await bytesInUse()
  await aggregate(read())
  return (after - before) / keys
}

/** Memory of typed arrays is given back some time behind the collection that found it. */
async function bytesInUse(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    collectGarbage()
    await new Promise(resolve => setTimeout(resolve, 20))
  }
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
