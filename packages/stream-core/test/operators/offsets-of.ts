import { type Batch, copyBatch } from '../../src/batch/batch.ts'
import { createOperatorMetrics } from '../../src/metrics/operator-metrics.ts'
import type { OperatorSpec } from '../../src/operators/operator.ts'

/** Offsets of the source records that the results of a batch came from. */
export function offsetsOf<In, Out>(spec: OperatorSpec<In, Out>, batch: Batch<In>): number[] {
  const offsets: number[] = []
  const operator = spec.start({
    name: spec.kind,
    output: { push: results => void offsets.push(...copyBatch(results).offsets) },
    side: () => undefined,
    origins: [],
    metrics: createOperatorMetrics(),
    fail(cause) {
      throw cause
    },
    checkOwner() {},
  })
  operator.onBatch(batch, 0)
  return offsets
}
