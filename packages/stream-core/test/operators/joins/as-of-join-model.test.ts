import { type OutputItem, verifyOperator } from '@rtp/stream-testing'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { asOfJoin } from '../../../src/operators/joins/as-of-join.ts'
import { type ModelStep, modelSteps, rowScripts, SCRIPTS } from './random-rows.ts'
import { keysOfRows, pairNames, type Row } from './rows.ts'

describe('an as-of join', () => {
  it('puts out what a look at all versions would, however it is fed, checkpointed and restored', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom('inner' as const, 'left' as const), rowScripts, async (kind, script) => {
        const spec = asOfJoin<Row, Row, string>({ kind, keys: keysOfRows, combine: pairNames })
        await verifyOperator(spec, { input: script, expected: model(kind, modelSteps(script)) })
      }),
      { numRuns: SCRIPTS },
    )
  }, 600_000)
})

/** Every version that is kept is looked at for every left record. */
function model(kind: 'inner' | 'left', steps: readonly ModelStep[]): OutputItem<string>[] {
  const output: OutputItem<string>[] = []
  let waiting: { row: Row; time: number }[] = []
  let versions: { row: Row; time: number }[] = []

  for (const step of steps) {
    if ('row' in step) {
      if (step.input === 0) waiting.push(step)
      else versions = [...versions.filter(({ row, time }) => row.key !== step.row.key || time !== step.time), step]
      continue
    }
    const { watermark } = step
    for (const one of waiting.filter(({ time }) => time <= watermark).sort((a, b) => a.time - b.time)) {
      const found = newest(versions, one.row, one.time)
      if (found !== undefined || kind === 'left')
        output.push({ value: pairNames(one.row, found ?? null), time: one.time })
    }
    waiting = waiting.filter(({ time }) => time > watermark)
    versions = versions.filter(one => one.time > watermark || newest(versions, one.row, watermark) === one.row)
    output.push({ watermark })
  }
  return output
}

function newest(versions: readonly { row: Row; time: number }[], { key }: Row, upTo: number): Row | undefined {
  const valid = versions.filter(({ row, time }) => row.key === key && time <= upTo)
  return valid.sort((a, b) => b.time - a.time)[0]?.row
}
