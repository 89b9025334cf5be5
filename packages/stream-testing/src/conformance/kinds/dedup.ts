import { pipeline } from '@rtp/stream-core'
import type { CaseElement } from '../conformance-case.ts'
import type { ConformanceKind } from '../conformance-kind.ts'
import { operatorSubject } from '../operator-subject.ts'
import { specOf } from '../spec-of.ts'

export const dedupKind: ConformanceKind = {
  kind: 'dedup',
  dialects: ['flink-sql'],
  start(options) {
    const by = options.oneOf('by', ['event time', 'processing time'])
    const ttl = options.number('ttl', 0)
    const rows = pipeline('dedup')
      .from<CaseElement>([])
      .keyBy(({ key }) => key as string | number)
    const changes = rows.deduplicate({
      keep: options.oneOf('keep', ['first', 'last']),
      by: by === 'event time' ? 'eventTime' : 'arrival',
      updateBefore: options.boolean('updateBefore', true),
      insert: options.boolean('insert', true),
      ...(ttl > 0 ? { ttl: { ms: ttl, clock: 'processingTime' } } : {}),
    })
    return operatorSubject({
      spec: specOf(changes),
      // An element without its time: of two that are equal it must not make the difference.
      record: ({ element: { key, value } }): CaseElement => ({ key, value }) as CaseElement,
      result: ({ op, value: { key, value } }, ts) => ({ op, key, value, ts }),
    })
  },
}
