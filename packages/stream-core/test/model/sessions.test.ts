import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SEQUENCES } from '../../../../runs.preset.ts'
import { combine } from '../../src/aggregates/combine.ts'
import { collect, count, customAggregate, type Late, max, min } from '../../src/index.ts'
import { sessionAggregate } from '../../src/operators/windows/session-aggregate.ts'
import { sessions } from '../../src/windows/session.ts'
import type { WindowResult } from '../../src/windows/window-result.ts'
import { byKey } from '../operators/by-key.ts'
import { runEvents, type ScriptEvent } from './run-events.ts'
import { type SessionEvent, sessionModel } from './session-model.ts'

interface Numbered {
  readonly key: string | number
  readonly n: number
  readonly gap: number
}

const aggregates = combine({
  numbers: collect((one: Numbered) => one.n),
  n: count(),
  lowest: min((one: Numbered) => one.n),
  highest: max((one: Numbered) => one.n),
  // Shows in which order and grouping sessions were merged: that must not depend on batches and restores.
  grouping: customAggregate<Numbered, string, string>({
    create: () => '',
    add: (text, { n }) => `${text},${n}`,
    merge: (a, b) => `(${a}+${b})`,
    finish: text => text,
  }),
})

const events = fc.array(
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({
        type: fc.constant('record' as const),
        shake: fc.integer({ min: -40, max: 12 }),
        key: fc.constantFrom<(string | number)[]>('a', 'b', 1),
        gap: fc.integer({ min: 1, max: 12 }),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({ type: fc.constant('watermark' as const), behind: fc.integer({ min: -8, max: 30 }) }),
    },
    { weight: 1, arbitrary: fc.record({ type: fc.constant('quiet' as const) }) },
  ),
  { maxLength: 60, size: 'max' },
)
const cuts = fc.array(fc.nat(5), { minLength: 1, maxLength: 20 })
const lateness = fc.oneof(fc.constant(0), fc.nat(40), fc.constant(Number.MAX_SAFE_INTEGER))

describe('an aggregate over sessions', () => {
  for (const [name, fixed] of [
    ['of one gap', fc.integer({ min: 1, max: 12 })],
    ['of a gap of each record', fc.constant(undefined)],
  ] as const) {
    it(`${name} puts out what the rules say, in order, however it is fed, checkpointed and restored`, () => {
      fc.assert(
        fc.property(fixed, lateness, events, cuts, (gap, latenessMs, given, cutAt) => {
          const happened: SessionEvent[] = given.map((event, i) => {
            if (event.type === 'record') return { ...event, time: i * 2 + event.shake, n: i, gap: gap ?? event.gap }
            if (event.type === 'watermark') return { type: 'watermark', time: i * 2 - event.behind }
            return event
          })
          happened.push({ type: 'watermark', time: Number.POSITIVE_INFINITY })
          const spec = sessionAggregate<string | number, Numbered, { numbers: number[]; n: number }>(aggregates, {
            key: byKey(one => one.key),
            windows: sessions<Numbered>(gap ?? (one => one.gap)),
            allowedLatenessMs: latenessMs,
            emitWhenQuietMs: 1,
          })
          const script = happened.map(toScript)
          const plain = runEvents(spec, script, [1])
          expect(runEvents(spec, script, cutAt)).toEqual(plain)
          const model = sessionModel(latenessMs, happened)
          expect(plain.results.map(readable)).toEqual(model.results)
          expect((plain.late as Late<Numbered>[]).map(({ value, lateByMs }) => ({ n: value.n, lateByMs }))).toEqual(
            model.late,
          )
        }),
        { numRuns: SEQUENCES },
      )
    })
  }
})

function toScript(event: SessionEvent): ScriptEvent<Numbered> {
  if (event.type !== 'record') return event
  return { type: 'record', time: event.time, value: { key: event.key, n: event.n, gap: event.gap } }
}

/** A result as the model has it; all aggregates of a session see the same records. */
function readable({ key, start, end, value, pane }: WindowResult<string | number, { numbers: number[]; n: number }>) {
  const numbers = [...value.numbers].sort((a, b) => a - b)
  expect(value).toMatchObject({ n: numbers.length, lowest: numbers[0], highest: numbers.at(-1) })
  return { key, start, end, numbers, pane }
}
