import { StreamError } from '@rtp/stream-core/extend'
import type { PostgresConnection } from '../connection/client.ts'
import type { Row } from '../connection/statement-batch.ts'
import { quoteTable, type TableName } from '../sql-identifier.ts'
import type { TableColumn, TableShape } from './table-shape.ts'

/** Reads a table's shape from the catalogue, found as any statement would find it (search_path, upper and lower case). */
export async function inspectTable(connection: PostgresConnection, name: TableName): Promise<TableShape> {
  const values = [quoteTable(name)]
  const [relation, columns, keys] = await connection.batch(
    [
      { text: RELATION, values },
      { text: COLUMNS, values },
      { text: UNIQUE_KEYS, values },
    ],
    `looking at ${name.text}`,
  )
  const found = relation?.rows[0]
  if (found === undefined) throw missing(name)
  return {
    schema: found['schema'] ?? '',
    table: found['name'] ?? '',
    kind: found['kind'] ?? '',
    hasRowSecurity: found['row_security'] === 't',
    canDelete: found['can_delete'] === 't',
    columns: new Map(columns?.rows.map(row => [row['name'] ?? '', columnOf(row)])),
    uniqueKeys: (keys?.rows ?? []).map(row => JSON.parse(row['columns'] ?? '[]') as string[]),
  }
}

function missing(name: TableName): StreamError {
  const where = name.schema === undefined ? ' on the search_path of the user' : ''
  return new StreamError(
    'POSTGRES_TABLE_MISSING',
    `there is no table ${name.text}${where}. Create it before the job starts, e.g. with db.migrate(), or correct the name (upper and lower case count).`,
  )
}

const RELATION = `
  SELECT n.nspname AS schema, c.relname AS name, c.relkind AS kind, row_security_active(c.oid) AS row_security,
    has_table_privilege(c.oid, 'DELETE') AS can_delete
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE c.oid = to_regclass($1)`

const COLUMNS = `
  WITH RECURSIVE stored AS (
    SELECT * FROM pg_catalog.pg_attribute WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped
  ), behind_domains (attnum, type, typmod, not_null, has_default) AS (
    SELECT attnum, atttypid, atttypmod, attnotnull, atthasdef FROM stored
    UNION ALL
    SELECT b.attnum, t.typbasetype, t.typtypmod, b.not_null OR t.typnotnull, b.has_default OR t.typdefault IS NOT NULL
    FROM behind_domains b JOIN pg_catalog.pg_type t ON t.oid = b.type WHERE t.typtype = 'd'
  )
  SELECT a.attname AS name, a.atttypid::text AS type_id, t.typname AS type_name, t.typtype AS type_kind,
    t.typnamespace = 'pg_catalog'::regnamespace AS built_in,
    pg_catalog.format_type(a.atttypid, a.atttypmod) AS type_text,
    pg_catalog.format_type(a.atttypid, -1) AS cast_type,
    CASE WHEN t.typname IN ('varchar', 'bpchar') AND b.typmod > 4 THEN b.typmod - 4 END AS max_length,
    b.not_null, b.has_default OR a.attidentity <> '' AS has_default,
    a.attgenerated <> '' AS generated, a.attidentity = 'a' AS identity_always,
    has_column_privilege(a.attrelid, a.attnum, 'INSERT') AS can_insert,
    has_column_privilege(a.attrelid, a.attnum, 'UPDATE') AS can_update,
    has_column_privilege(a.attrelid, a.attnum, 'SELECT') AS can_select
  FROM stored a
  JOIN behind_domains b ON b.attnum = a.attnum
  JOIN pg_catalog.pg_type t ON t.oid = b.type AND t.typtype <> 'd'
  ORDER BY a.attnum`

// ON CONFLICT (columns) can use an index that is unique, valid, not partial, without expressions and not deferrable.
const UNIQUE_KEYS = `
  SELECT (
    SELECT json_agg(a.attname ORDER BY k.place)
    FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, place)
    JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
    WHERE k.place <= i.indnkeyatts
  )::text AS columns
  FROM pg_catalog.pg_index i
  WHERE i.indrelid = to_regclass($1) AND i.indisunique AND i.indisvalid AND i.indimmediate
    AND i.indpred IS NULL AND i.indexprs IS NULL`

function columnOf(row: Row): TableColumn {
  const isTrue = (name: string) => row[name] === 't'
  const maxLength = row['max_length'] ?? null
  return {
    name: row['name'] ?? '',
    typeId: row['type_id'] ?? '',
    typeName: row['type_name'] ?? '',
    typeKind: row['type_kind'] ?? '',
    isBuiltIn: isTrue('built_in'),
    typeText: row['type_text'] ?? '',
    castType: row['cast_type'] ?? '',
    maxLength: maxLength === null ? undefined : Number(maxLength),
    isNotNull: isTrue('not_null'),
    hasDefault: isTrue('has_default'),
    isGenerated: isTrue('generated'),
    isIdentityAlways: isTrue('identity_always'),
    canInsert: isTrue('can_insert'),
    canUpdate: isTrue('can_update'),
    canSelect: isTrue('can_select'),
  }
}
