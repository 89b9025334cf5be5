import { verifyOperator } from '@rtp/stream-testing'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import type { JoinKind } from '../../../src/operators/joins/join-kind.ts'
import { streamJoin } from '../../../src/operators/joins/stream-join.ts'
import { type ModelStep, modelSteps, rowScripts, SCRIPTS } from './random-rows.ts'
import { END, keysOfRows, pairNames, type Row } from './rows.ts'

const settings = fc.record({
  kind: fc.constantFrom<JoinKind>('inner', 'left', 'right', 'full'),
  beforeMs: fc.nat(6),
  afterMs: fc.nat(6),
  graceMs: fc.nat(4),
  longer: fc.constantFrom(0, 5),
})

describe('a stream join', () => {
  it('puts out what nested loops over all rows would, however it is fed, checkpointed and restored', async () => {
    await fc.assert(
      fc.asyncProperty(settings, rowScripts, async ({ longer, ...given }, script) => {
        const options = { ...given, retentionMs: given.beforeMs + given.afterMs + given.graceMs + longer }
        const spec = streamJoin<Row, Row, string>({ ...options, keys: keysOfRows, combine: pairNames })
        await verifyOperator(spec, { input: script, expected: model(options, modelSteps(script)) })
      }),
      { numRuns: SCRIPTS },
    )
  }, 600_000)
})

interface Settings {
  readonly kind: JoinKind
  readonly beforeMs: number
  readonly afterMs: number
  readonly graceMs: number
  readonly retentionMs: number
}

/** Every row that ever came is looked at for every step. */
function model({ kind, beforeMs, afterMs, graceMs, retentionMs }: Settings, steps: readonly ModelStep[]) {
  const rows: { row: Row; input: number; time: number; isWaiting: boolean }[] = []
  const output: { value: string; time: number }[] = []
  const keeps = [kind === 'left' || kind === 'full', kind === 'right' || kind === 'full']
  const closes = [afterMs + graceMs, beforeMs + graceMs]
  let streamTime = -END

  function emit(one: { row: Row; input: number; time: number }, other?: { row: Row; time: number }): void {
    const names = one.input === 0 ? pairNames(one.row, other?.row ?? null) : pairNames(other?.row ?? null, one.row)
    output.push({ value: names, time: Math.max(one.time, other?.time ?? one.time) })
  }

  function advance(time: number): void {
    streamTime = Math.max(streamTime, time)
    const over = rows.filter(row => row.isWaiting && row.time + closes[row.input]! < streamTime)
    for (const row of over.sort((a, b) => a.time - b.time || b.input - a.input)) {
      row.isWaiting = false
      emit(row)
    }
  }

  for (const step of steps) {
    if ('watermark' in step) {
      if (step.watermark === END) advance(END)
      continue
    }
    const { input, time } = step
    advance(time)
    const difference = (other: { time: number }) => (input === 0 ? other.time - time : time - other.time)
    const partners = rows
      .filter(other => other.time >= streamTime - retentionMs)
      .filter(other => other.input !== input && other.row.key === step.row.key)
      .filter(other => -beforeMs <= difference(other) && difference(other) <= afterMs)
      .sort((a, b) => a.time - b.time)
    for (const partner of partners) {
      partner.isWaiting = false
      emit(step, partner)
    }
    const isUnmatched = keeps[input]! && partners.length === 0
    const isOver = time + closes[input]! < streamTime
    if (isUnmatched && isOver) emit(step)
    rows.push({ ...step, isWaiting: isUnmatched && !isOver })
  }
  return output
}
