import { type InputItem, operatorHarness } from '@rtp/stream-testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { propertyRuns } from '../../../../../runs.preset.ts'
import { combine } from '../../../src/aggregates/combine.ts'
import {
  calendar,
  count,
  cumulate,
  max,
  min,
  sessions,
  sliding,
  sum,
  tumbling,
  type WindowAssigner,
} from '../../../src/index.ts'
import { windowOperator } from '../../../src/operators/windows/window-operator.ts'
import type { WindowSpec } from '../../../src/operators/windows/window-options.ts'
import { windowProcess } from '../../../src/operators/windows/window-process.ts'
import { byKey } from '../by-key.ts'
import type { Reading } from '../reading.ts'

/** Windows for which there is an operator that works in columns. */
const ASSIGNERS: readonly WindowAssigner<Reading>[] = [
  tumbling(10),
  tumbling(7, -3),
  sliding(10, 5),
  sliding(10, 3, 1),
  sliding(4, 10),
  cumulate(30, 10),
  calendar('day', { timeZone: 'Europe/Berlin' }),
  sessions<Reading>(6),
  sessions<Reading>(reading => 1 + (reading.n % 9)),
]

const n = (reading: Reading) => reading.n
const computation = { aggregate: combine({ n: count(), total: sum(n), least: min(n), most: max(n) }) }

const items = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        time: fc.integer({ min: -40, max: 80 }),
        key: fc.constantFrom('a', 'b', 7),
        n: fc.nat(20),
      }),
    },
    { weight: 2, arbitrary: fc.record({ step: fc.integer({ min: 0, max: 25 }) }) },
    { weight: 1, arbitrary: fc.constant({ quiet: true as const }) },
    { weight: 1, arbitrary: fc.constant({ restart: true as const }) },
  ),
  { maxLength: 40 },
)
type Item = typeof items extends fc.Arbitrary<(infer I)[]> ? I : never

/** What comes out after each item, and what is late. */
function outputOf(
  spec: ReturnType<typeof windowProcess<Reading, unknown>>,
  script: readonly Item[],
  inOrder: boolean,
): unknown[] {
  const harness = operatorHarness(spec)
  let chain = [harness.snapshot('all')]
  let watermark = -60
  const output: unknown[] = []
  for (const item of [...script, { step: Number.POSITIVE_INFINITY }]) {
    if ('restart' in item) {
      chain = [...chain, harness.snapshot('changes')]
      harness.restart(chain)
      continue
    }
    harness.feed(inputItem(item))
    const emitted = harness.take().map(one => JSON.stringify(one))
    output.push([...(inOrder ? emitted : emitted.sort()), ...harness.takeSide('late').map(one => JSON.stringify(one))])
  }
  return output

  function inputItem(item: Exclude<Item, { restart: true }>): InputItem<Reading> {
    if ('quiet' in item) return item
    if ('step' in item) return { watermark: (watermark += item.step) }
    return { value: { key: item.key, n: item.n }, time: item.time }
  }
}

describe('the operators that work in columns and the general one', () => {
  test.each(ASSIGNERS.map(assigner => [assigner.name, assigner] as const))('put out the same: %s', (_, assigner) => {
    const options = fc.record({
      allowedLatenessMs: fc.constantFrom(0, 4, 15),
      emitWhenQuietMs: fc.constantFrom(undefined, 100),
    })
    fc.assert(
      fc.property(items, options, (script, more) => {
        const windows: WindowSpec<Reading> = { key: byKey(reading => reading.key), assigner, ...more }
        const columnar = windowOperator(windows, computation)
        // Sessions that end together come out in the order in which they got their end, which the columns do not keep.
        const inOrder = !assigner.merges
        expect(outputOf(columnar, script, inOrder)).toEqual(
          outputOf(windowProcess(windows, computation), script, inOrder),
        )
      }),
      { numRuns: propertyRuns(150) },
    )
  })
})
