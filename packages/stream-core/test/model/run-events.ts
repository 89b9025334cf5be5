import { operatorHarness } from '@rtp/stream-testing'
import type { Batch } from '../../src/batch/batch.ts'
import type { OperatorSpec } from '../../src/operators/operator.ts'

/** How a script is cut and interrupted: for each event a number that says what happens behind it. */
export type Cuts = readonly number[]

/** A record of a script. */
export interface ScriptRecord<T> {
  readonly type: 'record'
  readonly time: number
  readonly value: T
}

export type ScriptEvent<T> =
  | ScriptRecord<T>
  | { readonly type: 'watermark'; readonly time: number }
  | { readonly type: 'quiet' }

/**
 * Feeds events to an operator. Behind event i, `cuts[i]` of 0 goes on with the same batch where one can, 1 begins a new one, 2 to 5 also take
 * snapshots and restore from them, as a checkpoint store would.
 */
export function runEvents<T, R>(
  spec: OperatorSpec<T, R>,
  events: readonly ScriptEvent<T>[],
  cuts: Cuts,
): { readonly results: readonly R[]; readonly late: readonly unknown[]; readonly bytes: number } {
  const harness = operatorHarness(spec)
  let chain = [harness.snapshot('all')]
  let watermark = Number.NEGATIVE_INFINITY
  let records: { readonly value: T; readonly time: number; readonly watermark: number }[] = []

  function flush(): void {
    const batch: Batch<T> = {
      values: records.map(({ value }) => value),
      times: Float64Array.from(records, ({ time }) => time),
      watermarks: Float64Array.from(records, record => record.watermark),
      offsets: Float64Array.from(records.keys()),
      size: records.length,
      watermark,
      idle: false,
      origin: undefined,
    }
    records = []
    harness.batch(batch)
  }

  for (const [i, event] of events.entries()) {
    const cut = cuts[i % Math.max(1, cuts.length)] ?? 1
    // A batch says of watermarks between the same two records only the last one.
    if (event.type === 'watermark' && events[i - 1]?.type === 'watermark') flush()
    if (event.type === 'record') records.push({ value: event.value, time: event.time, watermark })
    else if (event.type === 'watermark') watermark = Math.max(watermark, event.time)
    if (cut === 0 && event.type !== 'quiet') continue
    flush()
    if (event.type === 'quiet') harness.quiet()
    if (cut === 2) chain.push(harness.snapshot('changes'))
    if (cut === 3) chain = [harness.snapshot('all')]
    if (cut === 4) harness.restart((chain = [...chain, harness.snapshot('changes')]))
    if (cut === 5) harness.restart((chain = [harness.snapshot('all')]))
  }
  flush()
  const items = (list: readonly object[]): unknown[] =>
    list.filter((item): item is { readonly value: unknown } => 'value' in item).map(({ value }) => value)
  return {
    results: items(harness.take()) as R[],
    late: spec.sideOutputs?.includes('late') === true ? items(harness.takeSide('late')) : [],
    bytes: harness.snapshot('all').length,
  }
}
