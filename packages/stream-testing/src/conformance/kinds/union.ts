import { pipeline } from '@rtp/stream-core'
import type { CaseElement } from '../conformance-case.ts'
import type { ConformanceKind } from '../conformance-kind.ts'
import { operatorSubject } from '../operator-subject.ts'
import { specOf } from '../spec-of.ts'

export const unionKind: ConformanceKind = {
  kind: 'union',
  dialects: ['flink'],
  start(options) {
    const inputs = options.number('inputs')
    const job = pipeline('union')
    const [first, ...others] = Array.from({ length: inputs }, () => job.from<CaseElement>([]))
    const merged = first!.union(...others)
    return operatorSubject({
      spec: specOf(merged),
      inputs,
      record: item => item.element,
      result: ({ key, value }, ts) => ({ key, value, ts }),
    })
  },
}
