import { isDeepStrictEqual } from 'node:util'
import { ascending, type Change, descending, type Ordering, pipeline, type Ranked } from '@rtp/stream-core'
import type { OperatorSpec } from '@rtp/stream-core/extend'
import type { CaseOptions } from '../case-options.ts'
import type { CaseInput, CaseResult } from '../conformance-case.ts'
import { type ConformanceKind, type ConformanceSubject, UnsupportedCase } from '../conformance-kind.ts'
import { operatorSubject } from '../operator-subject.ts'
import { specOf } from '../spec-of.ts'

interface Row {
  readonly key: string | number
  readonly value: Readonly<Record<string, number | string>>
}

type TopNSpec = OperatorSpec<unknown, Change<Row | Ranked<Row>>>

/** Both operators answer: the one for rows that are only added, and the one for a table that changes. As long as nothing is taken back they must agree. */
export const topNKind: ConformanceKind = {
  kind: 'topN',
  dialects: ['flink-sql'],
  start(options) {
    options.oneOf('ties', ['arrival order'], 'arrival order')
    const settings = settingsOf(options)
    const rank = options.boolean('outputRank', false)
    const rows = pipeline('top-n').from<Row>([])
    const changes = pipeline('top-n').from<Change<Row>>([])
    const added = rows.keyBy(row => row.key)
    const changing = changes.asChanges().keyRowsBy(row => row.key)
    const { n } = settings
    const ofAdded = rank ? specOf(added.topN(n, { ...settings, rank })) : specOf(added.topN(n, settings))
    const ofChanging = rank ? specOf(changing.topN(n, { ...settings, rank })) : specOf(changing.topN(n, settings))
    const result = (change: Change<Row | Ranked<Row>>): CaseResult => {
      const { op, value } = change
      return 'rank' in value ? { op, ...value.row, rank: value.rank } : { op, ...value }
    }
    return agreeing(
      operatorSubject({ spec: ofAdded as TopNSpec, result, record: rowOf }),
      operatorSubject({
        spec: ofChanging as TopNSpec,
        result,
        record: (item): Change<Row> => ({ op: item.op ?? 'insert', value: rowOf(item) }),
      }),
    )
  },
}

function rowOf({ element }: { readonly element: unknown }): Row {
  const { key, value } = element as Row
  return { key, value }
}

function settingsOf(options: CaseOptions) {
  const [field = '', direction] = options.text('orderBy').split(' ')
  const of = ({ value }: Row) => value[field]!
  if (direction !== 'asc' && direction !== 'desc') throw new UnsupportedCase(`orderBy without asc or desc: ${field}`)
  const orderBy: Ordering<Row> = direction === 'asc' ? ascending(of) : descending(of)
  return {
    n: sizeOf(options.any('n')),
    from: options.number('from_', 1),
    orderBy,
    updateBefore: options.boolean('updateBefore', true),
    ...(options.has('ttl') ? { ttl: { ms: options.number('ttl'), clock: 'processingTime' as const } } : {}),
  }
}

/** A number, or the name of the field that has it. */
function sizeOf(n: unknown): number | ((row: Row) => number) {
  if (typeof n === 'number') return n
  if (typeof n === 'string') return ({ value }) => Number(value[n])
  throw new UnsupportedCase(`n must be a number or a field's name, it is ${JSON.stringify(n)}`)
}

function agreeing(ofAdded: ConformanceSubject, ofChanging: ConformanceSubject): ConformanceSubject {
  let isAppendOnly = true
  const both = async (act: (subject: ConformanceSubject) => void | Promise<void>) => {
    if (isAppendOnly) await act(ofAdded)
    await act(ofChanging)
  }
  const notice = (items: readonly CaseInput[]) => {
    if (items.some(item => 'op' in item && item.op !== 'insert')) isAppendOnly = false
  }
  return {
    feed(item) {
      notice([item])
      return both(subject => subject.feed(item))
    },
    feedTogether(items) {
      notice(items)
      return both(subject => subject.feedTogether!(items))
    },
    take() {
      const [one, other] = [ofAdded.take(), ofChanging.take()]
      if (isAppendOnly && !isDeepStrictEqual(one, other)) {
        throw new Error(`topN() of rows and of changes differ: ${JSON.stringify([one, other])}`)
      }
      return other
    },
    finish: () => both(subject => subject.finish?.()),
    restore: from => both(subject => subject.restore!(from)),
  }
}
