import { pipeline } from '@rtp/stream-core'
import { streamTimeWindows } from '@rtp/stream-core/extend'
import type { CaseOptions } from '../case-options.ts'
import type { CaseElement, CaseResult, CaseWindow } from '../conformance-case.ts'
import { type ConformanceKind, UnsupportedCase } from '../conformance-kind.ts'

export const kafkaWindowAssignKind: ConformanceKind = {
  kind: 'windowAssign',
  dialects: ['kstreams'],
  start(options) {
    const windowsOf = assignerOf(options)
    let results: CaseResult[] = []
    return {
      feed(item) {
        if (!('element' in item) || item.element.ts === undefined) throw new UnsupportedCase('an item without a time')
        results.push({ windows: windowsOf(item.element.ts) })
      },
      take() {
        const taken = results
        results = []
        return { results: taken, late: [] }
      },
    }
  },
}

/** The windows of a time. They are also built as an operator's, which refuses a wrong gap or grace. */
function assignerOf(options: CaseOptions): (time: number) => readonly CaseWindow[] {
  options.ignore('timeModel')
  const type = options.oneOf('type', ['tumbling', 'sliding', 'session'])
  const grace = options.number('grace', 0)
  const keyed = pipeline('windows')
    .from<CaseElement>([])
    .keyBy(({ key }) => key as string)
  if (type === 'session') {
    keyed.sessionByRecord({ gap: options.number('gap'), grace })
    // A session of one record.
    return time => [{ start: time, end: time, endInclusive: true }]
  }
  const size = options.number('size')
  const advance = type === 'tumbling' ? size : options.number('slide')
  keyed.streamTimeWindow({ size, advance, grace })
  const windows = streamTimeWindows(size, advance)
  return time => windows.windowsOf(undefined, time)
}
