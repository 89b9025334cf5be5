import { mergeWindows, windowsIntersect } from '@rtp/stream-core/extend'
import type { CaseResult, CaseWindow } from '../conformance-case.ts'
import { type ConformanceKind, type ConformanceSubject, UnsupportedCase } from '../conformance-kind.ts'

/** Which of all windows become one; asked when the last has been named. */
export const sessionMergeKind: ConformanceKind = {
  kind: 'sessionMerge',
  dialects: ['flink', 'flink-sql'],
  start() {
    const windows: CaseWindow[] = []
    return subject(
      item => {
        if (!('window' in item)) throw new UnsupportedCase('windows alone are merged')
        windows.push(item.window)
        return []
      },
      () => mergeWindows(windows).map(({ members, result }) => ({ members, result })),
    )
  },
}

/** Whether two windows overlap or touch. */
export const windowIntersectsKind: ConformanceKind = {
  kind: 'windowIntersects',
  dialects: ['flink', 'flink-sql'],
  start: () =>
    subject(item => {
      if (!('pair' in item)) throw new UnsupportedCase('pairs of windows alone are compared')
      const [one, other] = item.pair
      return [{ intersects: windowsIntersect(one, other) }]
    }),
}

function subject(
  answer: (item: Parameters<ConformanceSubject['feed']>[0]) => readonly CaseResult[],
  last: () => readonly CaseResult[] = () => [],
): ConformanceSubject {
  let results: CaseResult[] = []
  return {
    feed(item) {
      results.push(...answer(item))
    },
    finish() {
      results.push(...last())
    },
    take() {
      const taken = results
      results = []
      return { results: taken, late: [] }
    },
  }
}
