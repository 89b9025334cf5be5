import type { Change } from '../../batch/change.ts'

/** The row that a record is about: of a change, the row that changed; any other record is a row itself. */
export type RowOf<T> = T extends Change<infer V> ? V : T

type ChangeOp = Change<unknown>['op']

/** What a record does to the table that its stream describes: a stream of records that are no changes only adds rows. */
export function opOf(record: unknown): ChangeOp {
  return isChange(record) ? record.op : 'insert'
}

export function rowOf<T>(record: T): RowOf<T> {
  return (isChange(record) ? record.value : record) as RowOf<T>
}

/** True when the change puts a row in; false when it takes one out. */
export function isPut(op: ChangeOp): boolean {
  return op === 'insert' || op === 'updateAfter'
}

function isChange(record: unknown): record is Change<unknown> {
  if (typeof record !== 'object' || record === null) return false
  return 'op' in record && 'value' in record && OPS.has(record.op)
}

const OPS: ReadonlySet<unknown> = new Set<ChangeOp>(['insert', 'updateBefore', 'updateAfter', 'delete'])
