import type { Benchmark, BenchmarkOptions, Comparison } from '../harness/benchmark.ts'
import { closingWindows } from './closing.ts'
import { intervalJoins } from './interval-join.ts'
import { manyKeys } from './many-keys.ts'
import { sessionsAndTumbling } from './sessions-and-tumbling.ts'
import { slidingAndTumbling } from './sliding-and-tumbling.ts'
import { timers } from './timers.ts'

/** Operators of event time, each against what it is measured by. */
export const semantics: Benchmark = {
  name: 'semantics',
  title:
    'windows, joins and timers: sliding and session windows against tumbling ones, many keys, many windows at once',
  async run(options): Promise<readonly Comparison[]> {
    const comparisons: Comparison[] = []
    for (const run of COMPARISONS) comparisons.push(await run(options))
    return comparisons
  },
}

const COMPARISONS: readonly ((options: BenchmarkOptions) => Promise<Comparison>)[] = [
  slidingAndTumbling,
  sessionsAndTumbling,
  manyKeys,
  closingWindows,
  intervalJoins,
  timers,
]
