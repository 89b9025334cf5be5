import { batchOf, operatorHarness } from '@rtp/stream-testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { propertyRuns } from '../../../../../runs.preset.ts'
import type { OperatorSpec } from '../../../src/operators/operator.ts'
import type { EmitStrategy } from '../../../src/operators/stream-time/emit-strategy.ts'
import { suppressRows } from '../../../src/operators/stream-time/suppress-rows.ts'
import { untilTimeLimit } from '../../../src/operators/stream-time/suppression.ts'
import type { WindowUpdate } from '../../../src/windows/window-update.ts'
import { byKey } from '../by-key.ts'
import { type ModelRecord, type ModelRun, sessions, slidingWindows, timeWindows } from './stream-time-model.ts'
import { sessionsOf, slidingOf, type Word, windowsOf } from './updates.ts'

type Spec = OperatorSpec<Word, WindowUpdate<string, string>>

/** Times that go on by up to 6 ms a record, each up to 40 ms late: a few letters say which record is where. */
const records: fc.Arbitrary<ModelRecord[]> = fc
  .array(fc.record({ step: fc.nat(6), late: fc.oneof(fc.constant(0), fc.nat(40)), key: fc.constantFrom('a', 'b') }), {
    maxLength: 40,
    size: 'max',
  })
  .map(steps => {
    let now = 0
    return steps.map(({ step, late, key }, i) => {
      now += step
      return { key, time: Math.max(0, now - late), text: String.fromCharCode(0x61 + (i % 26)) }
    })
  })
const size = fc.integer({ min: 1, max: 20 })
const grace = fc.oneof(fc.constant(0), fc.nat(50))

describe('stream-time windows do what the rules say for any records', () => {
  it.each([true, false])('tumbling and hopping ones; final results only: %s', final => {
    fc.assert(
      fc.property(records, size, fc.nat(19), grace, (input, sizeMs, less, graceMs) => {
        const advance = 1 + (less % sizeMs)
        check(
          windowsOf(sizeMs, advance, graceMs, emitOf(final)),
          input,
          timeWindows(input, { size: sizeMs, advance, grace: graceMs, final }),
        )
      }),
      { numRuns: propertyRuns() },
    )
  })

  it.each([true, false])('sessions; final results only: %s', final => {
    fc.assert(
      fc.property(records, size, grace, (input, gap, graceMs) => {
        check(sessionsOf(gap, graceMs, emitOf(final)), input, sessions(input, { gap, grace: graceMs, final }))
      }),
      { numRuns: propertyRuns() },
    )
  })

  it.each([true, false])('sliding ones; final results only: %s', final => {
    fc.assert(
      fc.property(records, fc.nat(20), grace, (input, difference, graceMs) => {
        const model = slidingWindows(input, { difference, grace: graceMs, final })
        check(slidingOf(difference, graceMs, emitOf(final)), input, final ? model : inAnyOrder(model), !final)
      }),
      { numRuns: propertyRuns() },
    )
  })
})

describe('stream-time operators give one output', () => {
  const emits = fc.oneof(
    fc.constantFrom<EmitStrategy>('onUpdate', 'onClose'),
    fc.integer({ min: 1, max: 40 }).map(onUpdateCached => ({ onUpdateCached })),
  )
  const specs = fc.oneof(
    fc.tuple(size, size, grace, emits).map(([a, b, c, d]): Spec => windowsOf(Math.max(a, b), Math.min(a, b), c, d)),
    fc.tuple(size, grace, emits).map(([a, b, c]): Spec => sessionsOf(a, b, c)),
    fc.tuple(size, grace, emits).map(([a, b, c]): Spec => slidingOf(a, b, c)),
    fc.tuple(fc.nat(30), fc.integer({ min: 1, max: 5 })).map(
      ([limit, maxRecords]) =>
        suppressRows<Word>(
          untilTimeLimit(limit, { maxRecords }),
          byKey(({ key, text }) => key + text),
        ) as unknown as Spec,
    ),
  )

  it('for any records and watermarks, however they are cut into batches and restored', () => {
    const cuts = fc.array(
      fc.record({ records: fc.integer({ min: 1, max: 12 }), restart: fc.boolean(), full: fc.boolean() }),
      {
        minLength: 1,
      },
    )
    fc.assert(
      fc.property(specs, records, fc.array(fc.nat(30), { minLength: 1 }), cuts, (spec, input, lags, plan) => {
        const items = withWatermarks(input, lags)
        expect(outputOf(spec, items, plan)).toEqual(outputOf(spec, items, [{ records: 1, restart: false, full: true }]))
      }),
      { numRuns: propertyRuns() },
    )
  })
})

function emitOf(final: boolean): EmitStrategy {
  return final ? 'onClose' : 'onUpdate'
}

function check(spec: Spec, input: readonly ModelRecord[], model: ModelRun, isSet = false): void {
  const harness = operatorHarness(spec)
  const steps = [...input, undefined].map(record => {
    if (record === undefined) harness.watermark(Number.POSITIVE_INFINITY)
    else harness.record({ key: record.key, text: record.text }, record.time)
    return harness.take().flatMap(item => {
      if (!('value' in item)) return []
      const { key, window, value } = item.value
      return [{ key, start: window.start, end: window.end, value, time: item.time }]
    })
  })
  const got = { steps, late: harness.takeSide('late').flatMap(item => ('value' in item ? [textOf(item.value)] : [])) }
  expect(isSet ? inAnyOrder(got) : got).toEqual(model)
}

function textOf(late: unknown): string {
  return (late as { readonly value: Word }).value.text
}

/** The updates of each record as a set. */
function inAnyOrder({ steps, late }: ModelRun): ModelRun {
  return {
    late,
    steps: steps.map(updates =>
      [...new Map(updates.map(one => [JSON.stringify(one), one])).entries()].sort(byText).map(([, one]) => one),
    ),
  }
}

function byText([a]: [string, unknown], [b]: [string, unknown]): number {
  return a < b ? -1 : 1
}

/** A record with the watermark in effect when it came, and the one behind it. */
interface Fed {
  readonly value: Word
  readonly time: number
  readonly before: number
  readonly after: number
}

/** Watermarks that lag behind the highest time. */
function withWatermarks(input: readonly ModelRecord[], lags: readonly number[]): Fed[] {
  let highest = Number.NEGATIVE_INFINITY
  let watermark = Number.NEGATIVE_INFINITY
  return input.map(({ key, text, time }, i) => {
    const before = watermark
    highest = Math.max(highest, time)
    watermark = Math.max(watermark, highest - lags[i % lags.length]!)
    return { value: { key, text }, time, before, after: watermark }
  })
}

interface Cut {
  readonly records: number
  readonly restart: boolean
  readonly full: boolean
}

function outputOf(spec: Spec, fed: readonly Fed[], plan: readonly Cut[]): unknown[] {
  const harness = operatorHarness(spec)
  let chain = [harness.snapshot('all')]
  let at = 0
  for (let cut = 0; at < fed.length; cut++) {
    const { records: most, restart, full } = plan[cut % plan.length]!
    const part = fed.slice(at, at + most)
    const batch = batchOf(
      part.map(({ value }) => value),
      { times: part.map(({ time }) => time), watermarks: part.map(({ before }) => before) },
    )
    harness.batch({ ...batch, watermark: part.at(-1)!.after })
    at += part.length
    if (!restart) continue
    chain = full ? [harness.snapshot('all')] : [...chain, harness.snapshot('changes')]
    harness.restart(chain)
  }
  harness.watermark(Number.POSITIVE_INFINITY)
  const late = spec.sideOutputs === undefined ? [] : harness.takeSide('late')
  return [...lastWatermarks(harness.take()), ...late.filter(item => 'value' in item)]
}

/** Records and, between two of them, the last watermark: how many there are depends on where batches end. */
function lastWatermarks<T extends object>(items: readonly T[]): T[] {
  return items.filter((item, i) => !('watermark' in item) || !('watermark' in (items[i + 1] ?? {})))
}
