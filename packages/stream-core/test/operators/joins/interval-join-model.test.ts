import { type OutputItem, verifyOperator } from '@rtp/stream-testing'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { intervalJoin } from '../../../src/operators/joins/interval-join.ts'
import type { JoinKind } from '../../../src/operators/joins/join-kind.ts'
import { type ModelStep, modelSteps, rowScripts, SCRIPTS } from './random-rows.ts'
import { keysOfRows, pairNames, type Row } from './rows.ts'

const settings = fc.record({
  kind: fc.constantFrom<JoinKind>('inner', 'left', 'right', 'full'),
  lowerMs: fc.integer({ min: -8, max: 8 }),
  width: fc.nat(10),
  resultTime: fc.constantFrom('later' as const, 'earlier' as const),
})

describe('an interval join', () => {
  it('puts out what nested loops over all rows would, however it is fed, checkpointed and restored', async () => {
    await fc.assert(
      fc.asyncProperty(settings, rowScripts, async ({ width, ...given }, script) => {
        const options = { ...given, upperMs: given.lowerMs + width }
        const spec = intervalJoin<Row, Row, string>({ ...options, keys: keysOfRows, time: 'event', combine: pairNames })
        await verifyOperator(spec, { input: script, expected: model(options, modelSteps(script)) })
      }),
      { numRuns: SCRIPTS },
    )
  }, 600_000)
})

interface Settings {
  readonly kind: JoinKind
  readonly lowerMs: number
  readonly upperMs: number
  readonly resultTime: 'later' | 'earlier'
}

/** Every row that ever came is looked at for every step. */
function model({ kind, lowerMs, upperMs, resultTime }: Settings, steps: readonly ModelStep[]): OutputItem<string>[] {
  const rows: { row: Row; input: number; time: number; leaves: number; isMatched: boolean; isGone: boolean }[] = []
  const output: OutputItem<string>[] = []
  const keeps = [kind === 'left' || kind === 'full', kind === 'right' || kind === 'full']
  const reach = [upperMs, -lowerMs].map(ms => (kind === 'inner' ? Math.max(0, ms) : ms))
  const holdBack = kind === 'inner' && resultTime === 'later' ? 0 : Math.max(0, upperMs, -lowerMs)
  let watermark = Number.NEGATIVE_INFINITY

  function emit(one: { row: Row; input: number; time: number }, other?: { row: Row; time: number }): void {
    const names = one.input === 0 ? pairNames(one.row, other?.row ?? null) : pairNames(other?.row ?? null, one.row)
    const times = [one.time, other?.time ?? one.time]
    output.push({ value: names, time: resultTime === 'later' ? Math.max(...times) : Math.min(...times) })
  }

  for (const step of steps) {
    if ('watermark' in step) {
      watermark = step.watermark
      const leaving = rows.filter(row => !row.isGone && row.leaves <= watermark).sort((a, b) => a.leaves - b.leaves)
      for (const row of leaving) {
        row.isGone = true
        if (keeps[row.input]! && !row.isMatched) emit(row)
      }
      output.push({ watermark: watermark - holdBack })
      continue
    }
    const { input, time } = step
    if (kind === 'inner' && time < watermark) continue
    const difference = (other: { time: number }) => (input === 0 ? other.time - time : time - other.time)
    const partners = rows
      .filter(other => !other.isGone && other.input !== input && other.row.key === step.row.key)
      .filter(other => lowerMs <= difference(other) && difference(other) <= upperMs)
      .sort((a, b) => a.time - b.time)
    for (const partner of partners) {
      partner.isMatched = true
      emit(step, partner)
    }
    const leaves = time + reach[input]!
    const isMatched = partners.length > 0
    if (kind === 'inner' || leaves > watermark) rows.push({ ...step, leaves, isMatched, isGone: false })
    else if (keeps[input]! && !isMatched) emit(step)
  }
  return output
}
