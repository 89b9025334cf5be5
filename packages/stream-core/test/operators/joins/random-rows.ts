import type { InputItem } from '@rtp/stream-testing'
import fc from 'fast-check'
import { SEQUENCES } from '../../../../../runs.preset.ts'
import { END, type Row } from './rows.ts'

/** Random scripts; each is run at every batch size. */
export const SCRIPTS = Math.ceil(SEQUENCES / 10)

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('row' as const),
      input: fc.nat(1),
      key: fc.constantFrom('a', 'b'),
      ahead: fc.integer({ min: -12, max: 12 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('watermark' as const), input: fc.nat(1), by: fc.nat(8) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('watermarks' as const), by: fc.nat(8) }) },
)

/** Rows on two inputs around their watermarks, some behind them, and then the end of both. Names are unique. */
export const rowScripts: fc.Arbitrary<InputItem<Row>[]> = fc.array(step, { maxLength: 24, size: 'max' }).map(steps => {
  const script: InputItem<Row>[] = []
  const watermarks = [0, 0]
  let time = 0
  for (const [n, one] of steps.entries()) {
    if (one.do === 'row') {
      time++
      script.push({ value: { key: one.key, name: `${one.key}${n}` }, time: time + one.ahead, input: one.input })
    } else {
      for (const input of one.do === 'watermark' ? [one.input] : [0, 1]) {
        watermarks[input]! += one.by
        script.push({ watermark: watermarks[input]!, input })
      }
    }
  }
  return [...script, { watermark: END, input: 0 }, { watermark: END, input: 1 }]
})

/** What a naive model sees: rows in order, and the combined watermark where it moves. */
export type ModelStep =
  | { readonly row: Row; readonly input: number; readonly time: number }
  | { readonly watermark: number }

export function modelSteps(script: readonly InputItem<Row>[]): ModelStep[] {
  const watermarks = [-END, -END]
  let output = -END
  const steps: ModelStep[] = []
  for (const item of script) {
    if ('value' in item) steps.push({ row: item.value, input: item.input ?? 0, time: item.time! })
    if (!('watermark' in item)) continue
    watermarks[item.input ?? 0] = item.watermark
    const combined = Math.min(...watermarks)
    if (combined > output) steps.push({ watermark: (output = combined) })
  }
  return steps
}
