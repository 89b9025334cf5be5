import type { BenchmarkOptions, Comparison, ContenderResult, Spread } from './benchmark.ts'
import { startStopwatch } from './stopwatch.ts'

/** One way to do the work. */
export interface Contender {
  readonly name: string
  /** How many records it works on, where all would take too long. Rates are per record, so they compare. */
  readonly records?: number
  /** Does the work once over all its records. Returns what it computed, to be compared, and CPU used outside this process, if any. */
  run(): Promise<Outcome>
}

export interface Outcome {
  /** Must be the same for every contender, or the comparison means nothing. */
  readonly result: string
  /** Seconds that count, where not all of `run` does (setting up a table). Default: all of it. */
  readonly seconds?: number
  /** CPU seconds that count. Default: those of this process during `run`. */
  readonly cpuSeconds?: number
}

interface Sample {
  readonly secondsPerRecord: number
  readonly cpuSecondsPerRecord: number
}

/**
 * Runs the contenders in turn, round after round, so that a change of the machine's speed meets all of them. The first round warms up and does not count.
 * Throws when they do not compute the same.
 */
export async function compare(
  title: string,
  records: number,
  rounds: number,
  contenders: readonly Contender[],
  { log }: BenchmarkOptions,
  notes: readonly string[] = [],
): Promise<Comparison> {
  const samples = new Map<string, Sample[]>(contenders.map(({ name }) => [name, []]))
  let expected: string | undefined
  for (let round = 0; round <= rounds; round++) {
    for (const { name, run, records: own = records } of contenders) {
      const { result, seconds, cpuSeconds } = await measure(run)
      expected ??= result
      if (result !== expected) throw new Error(`"${name}" computed ${result}, the others ${expected}`)
      if (round > 0) samples.get(name)!.push({ secondsPerRecord: seconds / own, cpuSecondsPerRecord: cpuSeconds / own })
      log(`${title}: ${round === 0 ? 'warm-up' : `round ${round}/${rounds}`}, ${name}: ${formatRate(own / seconds)}`)
    }
  }
  const first = samples.get(contenders[0]!.name)!
  const rows = contenders.map(({ name }): ContenderResult => {
    const own = samples.get(name)!
    return {
      name,
      rounds,
      recordsPerSecond: spread(own.map(({ secondsPerRecord }) => 1 / secondsPerRecord)),
      cpuMicrosPerRecord: spread(own.map(({ cpuSecondsPerRecord }) => cpuSecondsPerRecord * 1e6)),
      ratio: spread(own.map(({ secondsPerRecord }, i) => first[i]!.secondsPerRecord / secondsPerRecord)).median,
    }
  })
  return { title, rows, notes }
}

/** `1.23 M/s`. */
export function formatRate(perSecond: number): string {
  return perSecond >= 1e6 ? `${(perSecond / 1e6).toFixed(2)} M/s` : `${(perSecond / 1e3).toFixed(1)} k/s`
}

async function measure(run: () => Promise<Outcome>): Promise<Required<Outcome>> {
  const stop = startStopwatch()
  const outcome = await run()
  return { ...stop(), ...outcome }
}

/** Median, smallest and largest. */
export function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const median = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
  return { median, min: sorted[0]!, max: sorted.at(-1)! }
}
