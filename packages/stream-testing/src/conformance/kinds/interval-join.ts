import { type Key, pipeline } from '@rtp/stream-core'
import type { CaseOptions } from '../case-options.ts'
import type { CaseElement, CaseResult } from '../conformance-case.ts'
import type { ConformanceKind } from '../conformance-kind.ts'
import { LATE, operatorSubject } from '../operator-subject.ts'
import { specOf } from '../spec-of.ts'

/** A record with the time by which it is joined. */
interface Timed extends CaseElement {
  readonly at: number | undefined
}

export const intervalJoinKind: ConformanceKind = {
  kind: 'intervalJoin',
  dialects: ['flink', 'flink-sql'],
  start(options) {
    const time = options.oneOf('time', ['event', 'processing'], 'event')
    const isTimed = time === 'event'
    const keys = new Set<Key>()
    let now = Number.NaN
    return operatorSubject<Timed, CaseResult>({
      spec: specOf(joined(options, time)),
      inputs: 2,
      record({ element }) {
        keys.add(element.key as Key)
        return { ...element, at: isTimed ? element.ts : now }
      },
      feed(item) {
        if ('processingTime' in item) now = item.processingTime
        return false
      },
      result: (pair, ts) => ({ ...pair, ts }),
      sides: { [LATE]: { side: ['lateLeft', 'lateRight'], result: lateResult } },
      state(harness) {
        const held = [...keys].map(key => harness.inspect({ key })?.held ?? {})
        return {
          leftBuffer: held.flatMap(({ left = [] }) => left),
          rightBuffer: held.flatMap(({ right = [] }) => right),
        }
      },
    })
  },
}

/** Flink SQL states its bounds as left time relative to right time, and its rows keep the times of both sides. */
function joined(options: CaseOptions, time: 'event' | 'processing') {
  const isSql = options.text('rule', '').startsWith('right')
  const [lower, upper] = [options.number('lower'), options.number('upper')]
  const lowerInclusive = options.boolean('lowerInclusive', true)
  const upperInclusive = options.boolean('upperInclusive', true)
  const job = pipeline('interval-join')
  const [left, right] = [0, 1].map(() => job.from<Timed>([]).keyBy(one => one.key as Key))
  const start = left!.intervalJoin(right!)
  const join = isSql
    ? start.between(-upper, -lower, {
        lowerInclusive: upperInclusive,
        upperInclusive: lowerInclusive,
        time,
        resultTime: 'earlier',
      })
    : start.between(lower, upper, { lowerInclusive, upperInclusive, time })
  switch (options.oneOf('joinType', ['inner', 'left', 'right', 'full'], 'inner')) {
    case 'inner':
      return join.inner(pair)
    case 'left':
      return join.left(pair)
    case 'right':
      return join.right(pair)
    case 'full':
      return join.full(pair)
  }
}

function pair(left: Timed | null, right: Timed | null): CaseResult {
  return { key: (left ?? right)!.key, left: left?.at ?? null, right: right?.at ?? null }
}

function lateResult({ value: { key, value } }: { readonly value: CaseElement }, ts: number): CaseResult {
  return { key, value, ts }
}
