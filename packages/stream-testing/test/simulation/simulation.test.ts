import { pipeline } from '@rtp/stream-core'
import { describe, expect, it } from 'vitest'
import { FIRST_SEED, SIMULATIONS } from '../../../../runs.preset.ts'
import { type SimulationOptions, simulate } from '../../src/index.ts'
import { PIPELINES } from './pipelines.ts'
import { runSeeds } from './run-seeds.ts'

/** One partition of five numbers, each added up behind a function of the test's. */
function numbers(fn: (n: number) => number, faults: SimulationOptions['faults'] = {}): Omit<SimulationOptions, 'seed'> {
  return {
    input: () => ({ numbers: [[1, 2, 3, 4, 5].map(value => ({ value }))] }),
    expected: () => ({ numbers: [10, 20, 30, 40, 50] }),
    build(world) {
      const job = pipeline('numbers')
      job.from(world.source<number>('numbers')).map(fn, { name: 'function' }).sink(world.sink<number>('numbers'))
      return job
    },
    faults,
  }
}

async function firstProblem(options: Omit<SimulationOptions, 'seed'>): Promise<string | undefined> {
  for (let seed = 1; seed <= 200; seed++) {
    const { problem } = await simulate({ ...options, seed })
    if (problem !== undefined) return problem
  }
  return undefined
}

describe('a job in a simulated world', () => {
  it('ends with the tables of a run without faults, whatever goes wrong and whenever', { timeout: 0 }, async () => {
    const names = Object.keys(PIPELINES)
    const { runs, failure, faults } = await runSeeds({
      from: FIRST_SEED,
      seeds: SIMULATIONS,
      seconds: Number.POSITIVE_INFINITY,
      names,
    })
    expect(failure).toBeUndefined()
    expect(runs).toBe(SIMULATIONS)
    if (SIMULATIONS >= 1_000) expect(faults.size).toBe(11)
  })

  it('does the same, step by step, whenever it is run with the same seed', async () => {
    for (const [i, options] of Object.values(PIPELINES).entries()) {
      for (const seed of [i, i + 100, i + 200]) {
        const [one, other] = [await simulate({ ...options, seed }), await simulate({ ...options, seed })]
        expect(one.trace).toEqual(other.trace)
        expect(one.hash).toBe(other.hash)
        expect((await simulate({ ...options, seed: seed + 1_000 })).hash).not.toBe(one.hash)
      }
    }
  })

  it('stops rather than jump over records that the log has lost', async () => {
    const ends = new Set<string>()
    for (let seed = 1; seed <= 400; seed++) {
      const result = await simulate({
        ...PIPELINES['tumbling']!,
        seed,
        faults: { most: 4, kinds: ['retention', 'truncation'] },
      })
      expect(result.problem).toBeUndefined()
      if (result.faults.size > 0) ends.add(result.end)
    }
    expect(ends).toContain('stopped')
  })
})

describe('the verdict of a simulation', () => {
  it('finds nothing wrong with a function that depends on its input alone', async () => {
    expect(await firstProblem(numbers(n => n * 10))).toBeUndefined()
  })

  it('names rows that are wrong, missing or too many', async () => {
    expect(await firstProblem(numbers(n => n * 11))).toContain('table "numbers": 5 rows are missing (10 20 30)')
  })

  it('finds a function whose memory a crash does not take back', async () => {
    let calls = 0
    const forgetful = (n: number): number => (++calls % 97 === 0 ? 0 : n * 10)
    expect(await firstProblem(numbers(forgetful))).toContain('1 rows are missing')
  })

  it('names the error of a job that fails for good', async () => {
    const failing = (): number => {
      throw new Error('no numbers today')
    }
    expect(await firstProblem(numbers(failing))).toContain('no numbers today')
  })
})
