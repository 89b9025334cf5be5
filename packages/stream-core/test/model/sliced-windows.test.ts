import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SEQUENCES } from '../../../../runs.preset.ts'
import { combine } from '../../src/aggregates/combine.ts'
import { collect, count, customAggregate, type Late, max, mean, min, sum } from '../../src/index.ts'
import { slicedAggregate } from '../../src/operators/windows/sliced-aggregate.ts'
import { calendar } from '../../src/windows/calendar.ts'
import { cumulate } from '../../src/windows/cumulate.ts'
import { sliding } from '../../src/windows/sliding.ts'
import { tumbling } from '../../src/windows/tumbling.ts'
import type { SlicedWindows } from '../../src/windows/window-assigner.ts'
import type { WindowResult } from '../../src/windows/window-result.ts'
import { byKey } from '../operators/by-key.ts'
import { runEvents, type ScriptEvent } from './run-events.ts'
import { slicedModel, type WindowEvent } from './sliced-model.ts'

const HOUR = 3_600_000

interface Numbered {
  readonly key: string | number
  readonly n: number
}

const aggregates = combine({
  numbers: collect((one: Numbered) => one.n),
  n: count(),
  total: sum((one: Numbered) => one.n / 10),
  mean: mean((one: Numbered) => one.n),
  lowest: min((one: Numbered) => one.n),
  highest: max((one: Numbered) => one.n),
  // Shows in which grouping slices were merged: that must not depend on batches and restores.
  grouping: customAggregate<Numbered, string, string>({
    create: () => '',
    add: (text, { n }) => `${text},${n}`,
    merge: (a, b) => (a === '' ? b : b === '' ? a : `(${a}+${b})`),
    finish: text => text,
  }),
})

const shapes: readonly (readonly [string, fc.Arbitrary<SlicedWindows>, number])[] = [
  [
    'sliding',
    fc
      .record({ size: fc.integer({ min: 1, max: 30 }), slide: fc.integer({ min: 1, max: 12 }), shift: fc.nat(100) })
      .map(({ size, slide, shift }) => sliding(size, slide, shift % slide)),
    1,
  ],
  [
    'cumulate',
    fc
      .record({ steps: fc.integer({ min: 1, max: 6 }), step: fc.integer({ min: 1, max: 8 }), shift: fc.nat(100) })
      .map(({ steps, step, shift }) => cumulate(steps * step, step, shift % (steps * step))),
    1,
  ],
  ['tumbling', fc.integer({ min: 1, max: 20 }).map(size => tumbling(size)), 1],
  [
    'calendar',
    fc.integer({ min: 1, max: 2 }).map(days => calendar('day', { count: days, timeZone: 'Europe/Berlin' })),
    5 * HOUR,
  ],
]

/** Times that grow by 2 a record, each shaken; watermarks that follow them, somewhat behind. */
const events = fc.array(
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({
        type: fc.constant('record' as const),
        shake: fc.integer({ min: -40, max: 12 }),
        key: fc.constantFrom<(string | number)[]>('a', 'b', '1', 1),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({ type: fc.constant('watermark' as const), behind: fc.integer({ min: -8, max: 25 }) }),
    },
    { weight: 1, arbitrary: fc.record({ type: fc.constant('quiet' as const) }) },
  ),
  { maxLength: 60, size: 'max' },
)
const cuts = fc.array(fc.nat(5), { minLength: 1, maxLength: 20 })
const lateness = fc.oneof(fc.constant(0), fc.nat(40), fc.constant(Number.MAX_SAFE_INTEGER))

for (const [name, windows, unit] of shapes) {
  describe(`an aggregate over ${name} windows`, () => {
    it('puts out what the rules say, in order, however it is fed, checkpointed and restored', () => {
      fc.assert(
        fc.property(windows, lateness, events, cuts, (assigner, latenessMs, given, cutAt) => {
          const happened: WindowEvent[] = given.map((event, i) => {
            if (event.type === 'record')
              return { type: 'record', time: (i * 2 + event.shake) * unit, key: event.key, n: i }
            if (event.type === 'watermark') return { type: 'watermark', time: (i * 2 - event.behind) * unit }
            return event
          })
          happened.push({ type: 'watermark', time: Number.POSITIVE_INFINITY })
          const spec = slicedAggregate<string | number, Numbered, { numbers: number[]; n: number }>(aggregates, {
            key: byKey(one => one.key),
            windows: assigner,
            allowedLatenessMs: Math.min(Number.MAX_SAFE_INTEGER, latenessMs * unit),
            emitWhenQuietMs: 1,
          })
          const script = happened.map(toScript)
          const plain = runEvents(spec, script, [1])
          expect(runEvents(spec, script, cutAt)).toEqual(plain)
          const model = slicedModel(assigner, Math.min(Number.MAX_SAFE_INTEGER, latenessMs * unit), happened)
          expect(plain.results.map(readable)).toEqual(model.results)
          expect((plain.late as Late<Numbered>[]).map(({ value, lateByMs }) => ({ n: value.n, lateByMs }))).toEqual(
            model.late,
          )
        }),
        { numRuns: SEQUENCES },
      )
    })
  })
}

function toScript(event: WindowEvent): ScriptEvent<Numbered> {
  if (event.type !== 'record') return event
  return { type: 'record', time: event.time, value: { key: event.key, n: event.n } }
}

/** A result as the model has it; all aggregates of a window see the same records. */
function readable({ key, start, end, value, pane }: WindowResult<string | number, { numbers: number[]; n: number }>) {
  const numbers = [...value.numbers].sort((a, b) => a - b)
  expect(value).toMatchObject({ n: numbers.length, lowest: numbers[0], highest: numbers.at(-1) })
  return { key, start, end, numbers, pane }
}
