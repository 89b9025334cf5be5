import { IdlenessTimer } from '@rtp/stream-core/extend'
import type { CaseResult } from '../conformance-case.ts'
import { type ConformanceKind, UnsupportedCase } from '../conformance-kind.ts'

export const idlenessTimerKind: ConformanceKind = {
  kind: 'idlenessTimer',
  dialects: ['flink'],
  start(options) {
    const timer = new IdlenessTimer(options.number('timeout'))
    let now = 0
    let results: CaseResult[] = []
    return {
      feed(item) {
        if ('advanceClock' in item) now += item.advanceClock
        else if ('activity' in item) timer.activity()
        else if ('checkIdle' in item) results.push({ idle: timer.checkIdle(now) })
        else throw new UnsupportedCase(`the adapter does not know the input item ${JSON.stringify(item)}`)
      },
      take() {
        const taken = results
        results = []
        return { results: taken, late: [] }
      },
    }
  },
}
