import { type Key, minutes, pipeline } from '@rtp/stream-core'
import type { CaseElement, CaseResult } from '../conformance-case.ts'
import type { ConformanceKind } from '../conformance-kind.ts'
import { LATE, operatorSubject } from '../operator-subject.ts'
import { specOf } from '../spec-of.ts'

export const streamJoinKind: ConformanceKind = {
  kind: 'streamJoin',
  dialects: ['kstreams'],
  start(options) {
    options.ignore('rule')
    options.oneOf('timeModel', ['streamTime'], 'streamTime')
    const [before, after, grace] = ['before', 'after', 'grace'].map(name => options.number(name, 0)) as [
      number,
      number,
      number,
    ]
    const job = pipeline('stream-join')
    const [left, right] = [0, 1].map(() => job.from<CaseElement>([]).keyBy(one => one.key as Key))
    // Kafka's stores, on which the cases ran, keep whole segments of a minute at least.
    const retention = Math.max(minutes(1), before + after + grace)
    const join = left!.streamJoin(right!, { before, after, grace, retention })
    const joined = {
      inner: () => join.inner(pair),
      left: () => join.left(pair),
      outer: () => join.outer(pair),
    }[options.oneOf('joinType', ['inner', 'left', 'outer'])]()
    return operatorSubject<CaseElement, CaseResult>({
      spec: specOf(joined),
      inputs: 2,
      record: item => item.element,
      result: (result, ts) => ({ ...result, ts }),
      sides: { [LATE]: { side: ['lateLeft', 'lateRight'], result: lateResult } },
    })
  },
}

function pair(left: CaseElement | null, right: CaseElement | null): CaseResult {
  return { key: (left ?? right)!.key, left: left?.value ?? null, right: right?.value ?? null }
}

function lateResult({ value: { key, value } }: { readonly value: CaseElement }, ts: number): CaseResult {
  return { key, value, ts }
}
