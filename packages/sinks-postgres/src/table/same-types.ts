import type { Statement } from '../connection/statement-batch.ts'
import type { PostgresErrorCode } from '../errors.ts'
import { textArray } from '../text-array.ts'
import type { CheckedTable } from './check-table.ts'

/**
 * Refuses the transaction when a column has another type than when the table was checked. COPY BINARY hands bytes to the type's receive function,
 * and some types take those of others: int8 into float8 is another number, and no error. Run behind the COPY, whose lock on the table keeps
 * it as it is until the end of the transaction.
 */
export function sameTypesStatement<T>(name: string, { sql, columns }: CheckedTable<T>): Statement {
  const code: PostgresErrorCode = 'POSTGRES_TABLE_CHANGED'
  return {
    text: `SELECT 1 / (count(*) = $1::int)::int FROM pg_catalog.pg_attribute a
      JOIN unnest($3::text[], $4::text[]) AS x (name, type_id) ON a.attname = x.name AND a.atttypid::text = x.type_id
      WHERE a.attrelid = to_regclass($2) AND NOT a.attisdropped`,
    values: [
      String(columns.length),
      sql,
      textArray(columns.map(column => column.name)),
      textArray(columns.map(({ typeId }) => typeId)),
    ],
    doing: `comparing the columns of ${name}`,
    refusal: {
      code,
      message: `columns of ${name} have other types than when the job started. Nothing of this checkpoint was written; the job starts again and checks the table anew.`,
    },
  }
}
