import { Client } from 'pg'

/**
 * Counts the rows of raw_events and takes them out, so that a job can run for days on a small disk. A partition of which rows 0 to n - 1 came
 * once each has n rows and offsets that add up to n (n - 1) / 2.
 */
export class RowLedger {
  readonly #client: Client
  readonly #partitions = new Map<number, { rows: bigint; offsets: bigint }>()

  private constructor(client: Client) {
    this.#client = client
  }

  static async open(url: string): Promise<RowLedger> {
    const client = new Client({ connectionString: url })
    await client.connect()
    return new RowLedger(client)
  }

  get rows(): number {
    return Number([...this.#partitions.values()].reduce((sum, { rows }) => sum + rows, 0n))
  }

  /** Partitions whose rows are not 0 to n - 1, once each. */
  get wrongPartitions(): number[] {
    return [...this.#partitions]
      .filter(([, { rows, offsets }]) => offsets !== (rows * (rows - 1n)) / 2n)
      .map(([partition]) => partition)
  }

  /** Counts what is there and removes it, between two commits of the job. */
  async take(): Promise<void> {
    await this.#client.query('begin')
    await this.#client.query('lock table telemetry.raw_events in access exclusive mode')
    const { rows } = await this.#client.query<{ partition: number; rows: string; offsets: string }>(
      'select kafka_partition as partition, count(*)::text as rows, sum(kafka_offset)::text as offsets from telemetry.raw_events group by 1',
    )
    await this.#client.query('truncate telemetry.raw_events')
    await this.#client.query('commit')
    for (const { partition, rows: count, offsets } of rows) {
      const known = this.#partitions.get(partition) ?? { rows: 0n, offsets: 0n }
      this.#partitions.set(partition, { rows: known.rows + BigInt(count), offsets: known.offsets + BigInt(offsets) })
    }
  }

  /** Readings in the aggregates, by the start of their minute. */
  async aggregated(): Promise<ReadonlyMap<number, number>> {
    const { rows } = await this.#client.query<{ start: Date; readings: string }>(
      'select window_start as start, sum(cnt)::text as readings from telemetry.agg_1min group by 1',
    )
    return new Map(rows.map(({ start, readings }) => [start.getTime(), Number(readings)]))
  }

  async close(): Promise<void> {
    await this.#client.end()
  }
}
