import pg from 'pg'

/** Makes `database` if it is not there, and asks the server for its version. Proves that a client gets in. */
export async function openDatabase(serverUrl: string, database: string): Promise<{ version: string }> {
  const client = new pg.Client({ connectionString: serverUrl })
  await client.connect()
  try {
    const known = await client.query('select 1 from pg_database where datname = $1', [database])
    if (known.rowCount === 0) await client.query(`create database ${client.escapeIdentifier(database)}`)
    const { rows } = await client.query<{ server_version: string }>('show server_version')
    return { version: rows[0]?.server_version ?? 'unknown' }
  } finally {
    await client.end()
  }
}
