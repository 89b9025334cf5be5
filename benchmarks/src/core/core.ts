import type { Benchmark, Comparison } from '../harness/benchmark.ts'
import { compare } from '../harness/compare.ts'
import { runByGenerators } from './by-generators.ts'
import { runByHand } from './by-hand.ts'
import { runByIx } from './by-ix.ts'
import { inBatchesOf, runByStreamCore } from './by-stream-core.ts'
import { measureHeap } from './heap.ts'
import { makeReadings } from './reading.ts'

/** map, filter, keyBy, a one-minute window with four aggregates; in memory, one core. */
export const core: Benchmark = {
  name: 'core',
  title: 'map -> filter -> keyBy -> tumblingWindow(1 min) {count, mean, min, max}, 200 keys, out of order by up to 5 s',
  async run(options): Promise<readonly Comparison[]> {
    const rounds = options.quick ? 1 : 7
    const readings = makeReadings(options.quick ? 200_000 : 4_000_000)
    const few = readings.slice(0, readings.length / 4)
    const fast = await compare(
      'core: the engine and a hand-written loop',
      readings.length,
      rounds,
      [
        { name: 'hand-written loop', run: async () => ({ result: runByHand(readings) }) },
        ...[256, 1_024, 8_192].map(size => ({
          name: `stream-core, batches of ${size}`,
          run: async () => ({ result: await runByStreamCore(inBatchesOf(size, readings)) }),
        })),
      ],
      options,
    )
    const peers = await compare(
      'core: the engine and other ways to write it over async iterables',
      few.length,
      options.quick ? 1 : 5,
      [
        { name: 'stream-core', run: async () => ({ result: await runByStreamCore(few) }) },
        { name: 'ix, window by hand', run: async () => ({ result: await runByIx(few) }) },
        {
          name: 'one async generator per operator, window by hand',
          run: async () => ({ result: await runByGenerators(few) }),
        },
      ],
      options,
    )
    const heap = await measureHeap(options.quick ? 1_000_000 : 50_000_000)
    const note = `heap in use after a full collection at ten points of a run over ${heap.records / 1e6} M records, MB: ${heap.heapMb.map(mb => mb.toFixed(1)).join(', ')}`
    return [fast, { ...peers, notes: [note] }]
  },
}
