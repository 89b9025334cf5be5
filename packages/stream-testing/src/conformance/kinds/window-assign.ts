import type { TimeDomain } from '@rtp/stream-core'
import type { CaseOptions } from '../case-options.ts'
import { caseAssigner, caseWindow, WINDOW_TYPES } from '../case-windows.ts'
import type { CaseResult } from '../conformance-case.ts'
import { type ConformanceKind, UnsupportedCase } from '../conformance-kind.ts'

/** Which windows an element belongs to. */
export const windowAssignKind: ConformanceKind = {
  kind: 'windowAssign',
  dialects: ['flink', 'flink-sql'],
  start(options) {
    const assigner = assignerOf(options)
    let results: CaseResult[] = []
    let now = Number.NaN
    return {
      feed(item) {
        if ('processingTime' in item) {
          now = item.processingTime
          return
        }
        if (!('element' in item)) throw new UnsupportedCase('windows are assigned to elements alone')
        const { element } = item
        const windows = assigner.windowsOf(element, assigner.time === 'event' ? (element.ts ?? Number.NaN) : now)
        results.push({ windows: windows.map(caseWindow) })
      },
      take() {
        const taken = results
        results = []
        return { results: taken, late: [] }
      },
    }
  },
}

function assignerOf(options: CaseOptions) {
  const type = options.oneOf(
    'type',
    WINDOW_TYPES.filter(one => one !== 'count'),
  )
  return caseAssigner(type, options, options.oneOf<TimeDomain>('time', ['event', 'processing'], 'event'))
}
