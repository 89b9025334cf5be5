import { Client } from 'pg'

/** Looks at raw_events from outside, also while the server comes and goes. */
export class TableWatch {
  readonly #url: string
  #client: Client | undefined

  constructor(url: string) {
    this.#url = url
  }

  /** Bytes of the table on disk, also of what is not committed: the quickest way to see work. 0 while there is no table or no server. */
  bytes(): Promise<number> {
    return this.#ask("select coalesce(pg_relation_size(to_regclass('telemetry.raw_events')), 0)::float8 as value")
  }

  /** Committed rows; 0 while there is no table or no server. */
  async rows(): Promise<number> {
    const exists = await this.#ask("select (to_regclass('telemetry.raw_events') is not null)::int as value")
    return exists === 0 ? 0 : this.#ask('select count(*)::int as value from telemetry.raw_events')
  }

  async close(): Promise<void> {
    await this.#client?.end().catch(() => undefined)
  }

  async #ask(query: string): Promise<number> {
    try {
      if (this.#client === undefined) {
        const client = new Client({ connectionString: this.#url, connectionTimeoutMillis: 2_000 })
        client.on('error', () => {
          this.#client = undefined
        })
        await client.connect()
        this.#client = client
      }
      const { rows } = await this.#client.query<{ value: number }>(query)
      return rows[0]?.value ?? 0
    } catch {
      this.#client = undefined
      return 0
    }
  }
}
