import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { propertyRuns } from '../../../../runs.preset.ts'
import { StateReader } from '../../src/state/state-reader.ts'
import { StateWriter } from '../../src/state/state-writer.ts'
import { WatermarkTracker } from '../../src/time/watermark-tracker.ts'

type Step =
  | { readonly type: 'idle'; readonly input: number }
  | { readonly type: 'active'; readonly input: number }
  | { readonly type: 'advance'; readonly input: number; readonly by: number }
  | { readonly type: 'combine'; readonly input: number; readonly by: readonly number[] }

const inputs = fc.nat(2)
const steps = fc.array(
  fc.oneof(
    fc.record({ type: fc.constant('idle' as const), input: inputs }),
    fc.record({ type: fc.constant('active' as const), input: inputs }),
    fc.record({ type: fc.constant('advance' as const), input: inputs, by: fc.nat(20) }),
    fc.record({ type: fc.constant('combine' as const), input: inputs, by: fc.array(fc.nat(6), { maxLength: 6 }) }),
  ),
  { maxLength: 60, size: 'max' },
)

describe('the watermark tracker', () => {
  it('has the same watermarks for records in one batch as for records one by one, and over restores', () => {
    fc.assert(
      fc.property(steps, script => {
        expect(run(script, 'batches')).toEqual(run(script, 'one by one'))
        expect(run(script, 'restored')).toEqual(run(script, 'one by one'))
      }),
      { numRuns: propertyRuns() },
    )
  })

  it('never goes back, and never runs ahead of an input that counts', () => {
    fc.assert(
      fc.property(steps, script => {
        const outputs = run(script, 'one by one')
        for (const [i, output] of outputs.entries()) expect(output).toBeGreaterThanOrEqual(outputs[i - 1] ?? output)
      }),
      { numRuns: propertyRuns() },
    )
    const tracker = new WatermarkTracker(2)
    tracker.advance(0, 10)
    expect(tracker.output).toBe(Number.NEGATIVE_INFINITY)
    expect(tracker.advance(1, 3)).toBe(3)
    expect(tracker.advance(0, 30)).toBe(3)
  })

  it('is as the rules say, spelled out naively', () => {
    fc.assert(
      fc.property(steps, script => {
        expect(run(script, 'one by one')).toEqual(naive(script))
      }),
      { numRuns: propertyRuns() },
    )
  })

  it('is not idle while one input is active, though it has nothing to say', () => {
    const tracker = new WatermarkTracker(2)
    tracker.advance(0, 5)
    tracker.markIdle(0)
    expect([tracker.idle, tracker.output]).toEqual([false, Number.NEGATIVE_INFINITY])
    tracker.markIdle(1)
    expect([tracker.idle, tracker.output]).toEqual([true, 5])
    tracker.advance(1, Number.NEGATIVE_INFINITY)
    expect([tracker.idle, tracker.output]).toEqual([false, 5])
  })

  it('ends at once when told that every input has ended', () => {
    const tracker = new WatermarkTracker(3)
    tracker.markIdle(1)
    expect(tracker.end()).toBe(Number.POSITIVE_INFINITY)
  })
})

/** The output after every record and every step. */
function run(script: readonly Step[], mode: 'batches' | 'one by one' | 'restored'): number[] {
  let tracker = new WatermarkTracker(3)
  const own = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY]
  const outputs: number[] = []
  for (const step of script) {
    const { input } = step
    if (step.type === 'idle') tracker.markIdle(input)
    else if (step.type === 'active') tracker.advance(input, own[input]!)
    else if (step.type === 'advance') tracker.advance(input, (own[input] = grown(own[input]!, step.by)))
    else {
      const carried: number[] = []
      for (const by of step.by) {
        carried.push(own[input]!)
        own[input] = grown(own[input]!, by)
      }
      outputs.push(...combine(tracker, input, carried, own[input]!, mode === 'batches'))
    }
    outputs.push(tracker.output)
    if (mode === 'restored') tracker = restored(tracker)
  }
  return outputs
}

function combine(
  tracker: WatermarkTracker,
  input: number,
  carried: readonly number[],
  after: number,
  atOnce: boolean,
): number[] {
  if (atOnce) {
    const column = Float64Array.from(carried)
    tracker.combine(input, column, column.length, after)
    return [...column]
  }
  const outputs = carried.map(watermark => tracker.advance(input, watermark))
  tracker.advance(input, after)
  return outputs
}

/** Watermark and status of every input, and the rules word by word. */
function naive(script: readonly Step[]): number[] {
  const state = [0, 1, 2].map(() => ({ watermark: Number.NEGATIVE_INFINITY, idle: false, behind: false }))
  let output = Number.NEGATIVE_INFINITY
  const outputs: number[] = []

  function settle(): void {
    for (const one of state) one.behind = !one.idle && one.watermark < output
    const counting = state.filter(one => !one.idle && !one.behind)
    if (state.every(one => one.idle)) output = Math.max(output, ...state.map(one => one.watermark))
    else if (counting.length > 0) output = Math.max(output, Math.min(...counting.map(one => one.watermark)))
  }

  for (const step of script) {
    const one = state[step.input]!
    one.idle = step.type === 'idle'
    if (step.type === 'advance') one.watermark = grown(one.watermark, step.by)
    if (step.type === 'combine') {
      for (const by of step.by) {
        settle()
        outputs.push(output)
        one.watermark = grown(one.watermark, by)
      }
    }
    settle()
    outputs.push(output)
  }
  return outputs
}

function grown(watermark: number, by: number): number {
  return watermark === Number.NEGATIVE_INFINITY ? by : watermark + by
}

function restored(tracker: WatermarkTracker): WatermarkTracker {
  const state = new StateWriter()
  tracker.write(state)
  const fresh = new WatermarkTracker(3)
  fresh.read(new StateReader(state.take()))
  return fresh
}
