import type { Benchmark, FigureTable } from '../harness/benchmark.ts'
import { largeState } from './large-state.ts'
import { recovery } from './recovery.ts'

/** What checkpoints of large state cost, and how soon a job is back that was killed. */
export const checkpoints: Benchmark = {
  name: 'checkpoints',
  title: 'a million keys: how long checkpoints stop the records, restoring, and recovery from kill -9',
  async run(options): Promise<readonly FigureTable[]> {
    return [await largeState(options), await recovery(options)]
  },
}
