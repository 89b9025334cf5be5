import { ascendingTimes, boundedOutOfOrderness, type WatermarkPolicy } from '@rtp/stream-core'
import { batchOf } from '../../operators/operator-harness.ts'
import type { CaseOptions } from '../case-options.ts'
import type { CaseResult } from '../conformance-case.ts'
import { type ConformanceKind, UnsupportedCase } from '../conformance-kind.ts'

/** A policy's generator on its own: every periodic tick asks how far event time has come. */
export const watermarkGeneratorKind: ConformanceKind = {
  kind: 'watermarkGenerator',
  dialects: ['flink'],
  watermarksAreResults: true,
  start(options) {
    const generator = policyOf(options).start()
    const fail = (cause: unknown): never => {
      throw cause
    }
    let watermark = Number.NEGATIVE_INFINITY
    let results: CaseResult[] = []
    return {
      feed(item) {
        if ('element' in item) {
          watermark = generator.stamp(batchOf([item.element], { times: [item.element.ts ?? Number.NaN] }), fail)
        } else if ('periodicEmit' in item) {
          results.push({ watermark })
        } else {
          throw new UnsupportedCase(`the adapter does not know the input item ${JSON.stringify(item)}`)
        }
      },
      take() {
        const taken = results
        results = []
        return { results: taken, late: [] }
      },
    }
  },
}

function policyOf(options: CaseOptions): WatermarkPolicy {
  const ascending = ['ascending', 'ascendingTimestamps', 'monotonous', 'monotonousTimestamps'] as const
  const type = options.oneOf('type', ['boundedOutOfOrderness', ...ascending])
  return type === 'boundedOutOfOrderness' ? boundedOutOfOrderness(options.number('bound')) : ascendingTimes()
}
