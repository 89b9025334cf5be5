import type { Sink, TransactionScope } from '@rtp/stream-core/extend'
import type { Columns } from '../columns/column.ts'
import type { ResolvedOptions } from '../options.ts'
import { keyedSink, type UpsertOptions } from './keyed-sink.ts'
import { UpsertRows } from './upsert-rows.ts'

/** Writes one row per key, new or in place of the old one. Records hold absolute values, so writing one twice changes nothing. */
export function upsertSink<T>(
  table: string,
  columns: Columns<T>,
  { key }: UpsertOptions,
  options: ResolvedOptions,
  scope: TransactionScope,
): Sink<T> {
  return keyedSink<T, T>({
    table,
    columns,
    key,
    deletes: false,
    options,
    scope,
    rows: checked => new UpsertRows(table, checked, key),
  })
}
