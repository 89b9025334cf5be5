import { type FaultKind, simulate } from '../../src/index.ts'
import { PIPELINES } from './pipelines.ts'

export interface SeedRange {
  readonly from: number
  readonly seeds: number
  readonly seconds: number
  /** Pipelines, which take turns. */
  readonly names: readonly string[]
}

export interface SeedReport {
  readonly runs: number
  /** Of the first run that went wrong: what, and how to see it again. */
  readonly failure: string | undefined
  readonly faults: ReadonlyMap<FaultKind, number>
  /** Runs in which the job had to stop. */
  readonly stopped: number
}

export async function runSeeds({ from, seeds, seconds, names }: SeedRange): Promise<SeedReport> {
  const faults = new Map<FaultKind, number>()
  const end = performance.now() + seconds * 1_000
  let runs = 0
  let stopped = 0
  let failure: string | undefined
  for (let seed = from; seed < from + seeds && performance.now() < end && failure === undefined; seed++) {
    const name = names[seed % names.length]!
    const result = await simulate({ ...PIPELINES[name]!, seed })
    runs++
    if (result.end === 'stopped') stopped++
    for (const [kind, count] of result.faults) faults.set(kind, (faults.get(kind) ?? 0) + count)
    if (result.problem !== undefined) {
      failure = `${result.problem}\nSee it again: pnpm simulate --seed ${seed} --pipeline ${name}`
    }
  }
  return { runs, failure, faults, stopped }
}
