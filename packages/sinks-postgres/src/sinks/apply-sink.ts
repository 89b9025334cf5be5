import type { Change, Sink, TransactionScope } from '@rtp/stream-core/extend'
import type { Columns } from '../columns/column.ts'
import type { ResolvedOptions } from '../options.ts'
import { ChangeRows } from './change-rows.ts'
import { keyedSink, type UpsertOptions } from './keyed-sink.ts'

/**
 * Applies the changes of a stream to a table: `insert` and `updateAfter` write the row of their key, `delete` deletes it, and `updateBefore` deletes it
 * unless a later change writes that key again, so that an update which changes the key leaves nothing behind.
 */
export function applySink<T>(
  table: string,
  columns: Columns<T>,
  { key }: UpsertOptions,
  options: ResolvedOptions,
  scope: TransactionScope,
): Sink<Change<T>> {
  return keyedSink<Change<T>, T>({
    table,
    columns,
    key,
    deletes: true,
    options,
    scope,
    rows: checked => new ChangeRows(table, checked, key),
  })
}
