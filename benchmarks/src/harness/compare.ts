import type { BenchmarkOptions, Comparison, ContenderResult, Spread } from './benchmark.ts'
import { collectGarbage } from './collect-garbage.ts'

/** One way to do the work. */
export interface Contender {
  readonly name: string
  /** Does the work once over all records. Returns what it computed, to be compared, and CPU used outside this process, if any. */
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
  readonly seconds: number
  readonly cpuSeconds: number
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
    for (const { name, run } of contenders) {
      const { result, ...sample } = await measure(run)
      expected ??= result
      if (result !== expected) throw new Error(`"${name}" computed ${result}, the others ${expected}`)
      if (round > 0) samples.get(name)!.push(sample)
      log(
        `${title}: ${round === 0 ? 'warm-up' : `round ${round}/${rounds}`}, ${name}: ${formatRate(records / sample.seconds)}`,
      )
    }
  }
  const first = samples.get(contenders[0]!.name)!
  const rows = contenders.map(({ name }): ContenderResult => {
    const own = samples.get(name)!
    return {
      name,
      rounds,
      recordsPerSecond: spread(own.map(({ seconds }) => records / seconds)),
      cpuMicrosPerRecord: spread(own.map(({ cpuSeconds }) => (cpuSeconds * 1e6) / records)),
      ratio: spread(own.map(({ seconds }, i) => first[i]!.seconds / seconds)).median,
    }
  })
  return { title, rows, notes }
}

/** `1.23 M/s`. */
export function formatRate(perSecond: number): string {
  return perSecond >= 1e6 ? `${(perSecond / 1e6).toFixed(2)} M/s` : `${(perSecond / 1e3).toFixed(1)} k/s`
}

async function measure(run: () => Promise<Outcome>): Promise<Sample & { result: string }> {
  collectGarbage()
  const cpuBefore = process.cpuUsage()
  const startedAt = performance.now()
  const { result, seconds, cpuSeconds } = await run()
  const elapsed = (performance.now() - startedAt) / 1000
  const cpu = process.cpuUsage(cpuBefore)
  return { result, seconds: seconds ?? elapsed, cpuSeconds: cpuSeconds ?? (cpu.user + cpu.system) / 1e6 }
}

/** Median, smallest and largest. */
export function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const median = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
  return { median, min: sorted[0]!, max: sorted.at(-1)! }
}
