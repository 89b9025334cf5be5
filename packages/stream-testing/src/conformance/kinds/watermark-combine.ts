import { ascendingTimes, pipeline } from '@rtp/stream-core'
import { WatermarkMultiplexer } from '@rtp/stream-core/extend'
import { batchOf, operatorHarness } from '../../operators/operator-harness.ts'
import type { CaseInput, CaseResult } from '../conformance-case.ts'
import { type ConformanceKind, UnsupportedCase } from '../conformance-kind.ts'
import { specOf } from '../spec-of.ts'

/** Inputs of one operator: a union of streams with event time. */
export const watermarkValveKind: ConformanceKind = {
  kind: 'watermarkCombine',
  dialects: ['flink-valve'],
  watermarksAreResults: true,
  start(options) {
    const job = pipeline('combine')
    const [first, ...others] = Array.from({ length: options.number('inputs') }, () =>
      job.from<number>([]).withEventTime(time => time, ascendingTimes()),
    )
    const harness = operatorHarness(specOf(first!.union(...others)))
    const idle = new Set<unknown>()
    let chain = [harness.snapshot('all')]
    return {
      feed(item) {
        const input = Number('input' in item ? item.input : 0)
        let watermark = Number.NEGATIVE_INFINITY
        if ('watermark' in item) watermark = item.watermark
        else if (!('status' in item)) throw unknown(item)
        else if (item.status === 'idle') idle.add(input)
        else idle.delete(input)
        harness.batch({ ...batchOf<number>([]), watermark, idle: idle.has(input) }, input)
      },
      take() {
        const results = harness.take().map((item): CaseResult => {
          if ('watermark' in item) return { watermark: item.watermark }
          return { status: 'idle' in item ? 'idle' : 'active' }
        })
        return { results, late: [] }
      },
      restore(from) {
        chain = from === 'all' ? [harness.snapshot('all')] : [...chain, harness.snapshot('changes')]
        harness.restart(chain)
      },
    }
  },
}

/** Splits of one source, which come and go. */
export const watermarkMultiplexerKind: ConformanceKind = {
  kind: 'watermarkCombine',
  dialects: ['flink-split-multiplexer'],
  watermarksAreResults: true,
  start(options) {
    let results: CaseResult[] = []
    const multiplexer = new WatermarkMultiplexer({
      watermark: watermark => void results.push({ watermark }),
      idle: () => void results.push({ status: 'idle' }),
      active: () => void results.push({ status: 'active' }),
    })
    for (let input = 0; input < options.number('inputs'); input++) multiplexer.register(String(input))
    return {
      feed(item) {
        const split = String('input' in item ? item.input : 0)
        const deferred = { deferred: 'deferred' in item && item.deferred === true }
        if ('watermark' in item) multiplexer.advance(split, item.watermark, deferred)
        else if ('register' in item) multiplexer.register(String(item.register))
        else if ('unregister' in item) multiplexer.unregister(String(item.unregister))
        else if ('periodicEmit' in item) multiplexer.emit()
        else if (!('status' in item)) throw unknown(item)
        else if (item.status === 'idle') multiplexer.markIdle(split, deferred)
        else multiplexer.markActive(split, deferred)
      },
      take() {
        const taken = results
        results = []
        return { results: taken, late: [] }
      },
    }
  },
}

function unknown(item: CaseInput): UnsupportedCase {
  return new UnsupportedCase(`the adapter does not know the input item ${JSON.stringify(item)}`)
}
