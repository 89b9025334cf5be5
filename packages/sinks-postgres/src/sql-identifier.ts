import { StreamError } from '@rtp/stream-core/extend'

/** A table as the user names it, taken apart; without schema it is looked up along the search_path. */
export interface TableName {
  readonly schema: string | undefined
  readonly table: string
  /** As it appears in messages. */
  readonly text: string
}

/** `table` or `schema.table`. Names are taken as they are, so upper case counts; a dot inside a name cannot be expressed. */
export function parseTableName(text: string): TableName {
  const parts = text.split('.')
  if (parts.length > 2) {
    throw new StreamError('POSTGRES_NAME_INVALID', `"${text}" is no table name: write 'table' or 'schema.table'.`)
  }
  for (const part of parts) checkIdentifier(part, 'table name')
  const [first = '', second] = parts
  return second === undefined ? { schema: undefined, table: first, text } : { schema: first, table: second, text }
}

/** The name quoted for SQL, whatever characters are in it. */
export function quoteTable({ schema, table }: TableName): string {
  return schema === undefined ? quoteIdentifier(table) : `${quoteIdentifier(schema)}.${quoteIdentifier(table)}`
}

export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** Refuses what PostgreSQL would cut or misread: it silently shortens names to 63 bytes. */
export function checkIdentifier(name: string, what: string): void {
  const bytes = Buffer.byteLength(name)
  if (bytes > 0 && bytes <= 63 && !name.includes('\0')) return
  throw new StreamError(
    'POSTGRES_NAME_INVALID',
    `a ${what} has 1 to 63 bytes and no NUL character; got ${bytes === 0 ? 'an empty one' : `one of ${bytes} bytes`}.`,
  )
}
