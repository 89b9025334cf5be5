import { collectGarbage } from '../harness/collect-garbage.ts'
import { runByStreamCore } from './by-stream-core.ts'
import { makeReadings, type Reading } from './reading.ts'

export interface HeapOverTime {
  readonly records: number
  /** Heap in use after a full collection, MB, at ten points of the run. */
  readonly heapMb: readonly number[]
}

/** Runs the job over many records of a source that makes them as it goes, and looks at the heap on the way. */
export async function measureHeap(records: number): Promise<HeapOverTime> {
  const pattern = makeReadings(1_000_000)
  const heapMb: number[] = []
  function* endless(): Generator<Reading> {
    for (let i = 0; i < records; i++) {
      if (i % (records / 10) === 0) {
        collectGarbage()
        heapMb.push(process.memoryUsage().heapUsed / 1e6)
      }
      const { key, value, at } = pattern[i % pattern.length]!
      yield { key, value, at: at + Math.floor(i / pattern.length) * pattern.length }
    }
  }
  await runByStreamCore(endless())
  return { records, heapMb }
}
