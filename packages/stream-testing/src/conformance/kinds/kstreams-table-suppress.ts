import { pipeline, untilTimeLimit } from '@rtp/stream-core'
import type { CaseElement } from '../conformance-case.ts'
import type { ConformanceKind } from '../conformance-kind.ts'
import { operatorSubject } from '../operator-subject.ts'
import { specOf } from '../spec-of.ts'

export const tableSuppressKind: ConformanceKind = {
  kind: 'tableSuppress',
  dialects: ['kstreams'],
  start(options) {
    options.ignore('timeModel')
    // Without a limit of one kind, the one of the other kind releases the rows.
    const limit = options.any('timeLimit')
    const limitMs = limit === undefined || limit === 'MAX' ? Number.POSITIVE_INFINITY : options.number('timeLimit')
    const maxRecords = options.number('maxRecords', Number.POSITIVE_INFINITY)
    const updates = pipeline('table')
      .from<CaseElement>([])
      .keyBy(({ key }) => key as string)
      .suppress(untilTimeLimit(limitMs, { maxRecords }))
    return operatorSubject({
      spec: specOf(updates),
      record: ({ element }) => element,
      result: ({ key, value }, ts) => ({ key, value, ts }),
    })
  },
}
