import type pg from 'pg'
import { from } from 'pg-copy-streams'

/** Sends bytes to a COPY ... FROM STDIN; resolves when the server has taken all rows. */
export function copy(client: pg.Client, sql: string, bytes: Buffer): Promise<void> {
  const stream = client.query(from(sql))
  return new Promise((resolve, reject) => {
    stream.once('error', reject)
    stream.once('finish', resolve)
    stream.end(bytes)
  })
}
