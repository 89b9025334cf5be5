import { type Change, type Key, pipeline } from '@rtp/stream-core'
import type { CaseElement, CaseResult } from '../conformance-case.ts'
import type { ConformanceKind } from '../conformance-kind.ts'
import { operatorSubject } from '../operator-subject.ts'
import { specOf } from '../spec-of.ts'

type CaseChange = Change<CaseElement>

export const temporalJoinKind: ConformanceKind = {
  kind: 'temporalJoin',
  dialects: ['flink-sql'],
  start(options) {
    options.ignore('rule')
    const job = pipeline('temporal-join')
    const [left, right] = [0, 1].map(() => job.from<CaseChange>([]).keyBy(change => change.value.key as Key))
    const join = left!.asOfJoin(right!)
    const joinType = options.oneOf('joinType', ['inner', 'left'], 'inner')
    return operatorSubject<CaseChange, CaseResult>({
      spec: specOf(joinType === 'inner' ? join.inner(pair) : join.left(pair)),
      inputs: 2,
      record: ({ element, op = 'insert' }) => ({ op, value: element }),
      result: (result, ts) => ({ ...result, ts }),
    })
  },
}

/** The left stream is joined whatever it is: that its records are changes is seen here alone. */
function pair({ op, value: left }: CaseChange, right: CaseElement | null): CaseResult {
  return { op, key: left.key, left: rowOf(left), right: right === null ? null : rowOf(right) }
}

function rowOf({ ts, value }: CaseElement): CaseResult {
  return { ts, value }
}
