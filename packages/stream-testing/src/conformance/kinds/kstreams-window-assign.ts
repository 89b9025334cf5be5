import { streamTimeWindows } from '@rtp/stream-core/extend'
import type { CaseResult } from '../conformance-case.ts'
import { type ConformanceKind, UnsupportedCase } from '../conformance-kind.ts'

export const kafkaWindowAssignKind: ConformanceKind = {
  kind: 'windowAssign',
  dialects: ['kstreams'],
  start(options) {
    options.ignore('timeModel')
    const isTumbling = options.oneOf('type', ['tumbling', 'sliding']) === 'tumbling'
    const size = options.number('size')
    const windows = streamTimeWindows(size, isTumbling ? size : options.number('slide'))
    let results: CaseResult[] = []
    return {
      feed(item) {
        if (!('element' in item) || item.element.ts === undefined) throw new UnsupportedCase('an item without a time')
        results.push({ windows: windows.windowsOf(item.element.value, item.element.ts) })
      },
      take() {
        const taken = results
        results = []
        return { results: taken, late: [] }
      },
    }
  },
}
