import { describe, expect, it } from 'vitest'
import { records, type SourcePlace, type SourceStep, scriptedSource, sourceContract } from '../../src/index.ts'
import { plainSource, type SourceBug, sourceBugs } from './plain-source.ts'

const partitions: SourceStep<string>[][] = [
  [...records(['a', 'b']), { bad: 'x', reason: 'NOT_JSON' }, ...records(['c']), { bad: 'y' }],
  [],
  [...records(['d', 'e', 'f', 'g'], () => 5)],
]
const expected = [['a', 'b', 'c'], [], ['d', 'e', 'f', 'g']]
const expectedBad = [['NOT_JSON', 'BAD'], [], []]
const unknownPositions = [6, -1, { line: 1 }]

describe('the scripted source', () => {
  const create = async (batchSize: number): Promise<SourcePlace<string>> => ({
    source: { ...scriptedSource(partitions, { batchSize }), recordTimes: false },
    expected,
    expectedBad,
  })
  for (const { name, run } of sourceContract({ create, unknownPositions })) it(name, run)
})

describe('the scripted source without an end', () => {
  const create = async (batchSize: number): Promise<SourcePlace<string>> => ({
    source: { ...scriptedSource(partitions, { batchSize, bounded: false }), recordTimes: false },
    expected,
    expectedBad,
  })
  for (const { name, run } of sourceContract({ create, unknownPositions })) it(name, run)
})

describe('sourceContract', () => {
  async function broken(bug?: SourceBug): Promise<string[]> {
    const names: string[] = []
    const values = ['a', 'b', 'c', 'd', 'e']
    // Batches of two in every case but those of one, so that a batch has an inside.
    const create = async (batchRecords: number): Promise<SourcePlace<string>> => ({
      source: plainSource(values, bug === 'hands out its own array' ? 5 : Math.min(2, batchRecords), bug),
      expected: [values],
    })
    for (const { name, run } of sourceContract({ create, unknownPositions: [9], patienceMs: 50 })) {
      await run().catch(() => names.push(name))
    }
    return names
  }

  it('accepts a plain source that is right', async () => {
    expect(await broken()).toEqual([])
  })

  for (const bug of sourceBugs) {
    it(`finds a source that ${bug}`, async () => {
      expect(await broken(bug)).not.toEqual([])
    })
  }
})
