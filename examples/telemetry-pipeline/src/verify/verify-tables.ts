import { StreamError } from '@rtp/stream-core/extend'
import type { Client } from 'pg'
import { compareAggregates } from './compare-aggregates.ts'
import { compareRows } from './compare-rows.ts'
import { type ExpectedRowsOptions, loadExpectedRows } from './expected-rows.ts'

/** What the topics hold, where the verification can ask a broker. */
export interface TopicContent {
  readonly messages: number
  /** Line of every dead row on `<topic>.dead`. */
  readonly deadLines: readonly number[]
}

export interface Differences {
  readonly missingRows: number
  readonly extraRows: number
  readonly wrongAggregates: number
  readonly missingAggregates: number
  readonly extraAggregates: number
}

export interface Verification {
  readonly verified: boolean
  /** Rows of the CSV, bad ones included, header and blank lines not. */
  readonly rows: number
  readonly badRows: number
  readonly rawRows: number
  readonly aggregateRows: number
  readonly deadLetters: number
  readonly lateRecords: number
  readonly differences: Differences
  /** Every difference in words. */
  readonly findings: readonly string[]
}

/** Compares the tables with the CSV, in one snapshot of the database. Without `topic`, what only a broker knows is left out. */
export async function verifyTables(
  client: Client,
  options: ExpectedRowsOptions,
  topic: TopicContent | undefined,
): Promise<Verification> {
  await client.query('begin isolation level repeatable read')
  try {
    await checkTablesExist(client)
    await client.query(
      "set local work_mem = '256MB'; set local hash_mem_multiplier = 4; set local jit = off; set local timezone = 'UTC'",
    )
    const expected = await loadExpectedRows(client, options)
    const rows = await compareRows(client)
    const aggregates = await compareAggregates(client, options.config)
    const { rawRows, aggregateRows, deadLetters } = await countTables(client)
    const sums = addUp(expected.badLines, { rows: expected.rows, rawRows, deadLetters }, topic)
    const differences = {
      missingRows: rows.missingRows + sums.missing,
      extraRows: rows.extraRows + sums.extra,
      wrongAggregates: aggregates.wrongAggregates,
      missingAggregates: aggregates.missingAggregates,
      extraAggregates: aggregates.extraAggregates,
    }
    const findings = [...rows.findings, ...aggregates.findings, ...sums.findings]
    return {
      verified: findings.length === 0 && Object.values(differences).every(count => count === 0),
      rows: expected.rows + expected.badLines.length,
      badRows: expected.badLines.length,
      rawRows,
      aggregateRows,
      deadLetters,
      lateRecords: aggregates.lateRecords,
      differences,
      findings,
    }
  } finally {
    // Nothing was changed; the temporary tables go with the transaction.
    await client.query('rollback').catch(() => undefined)
  }
}

async function checkTablesExist(client: Client): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    "select name from unnest(array['raw_events', 'agg_1min', 'dead_letters', 'late_records']) name where to_regclass('telemetry.' || name) is null",
  )
  if (rows.length === 0) return
  const names = rows.map(({ name }) => `telemetry.${name}`).join(', ')
  throw new StreamError(
    'TABLE_MISSING',
    `${names} is missing in this database. Run \`job\` first, which makes its tables, or name another --postgres.`,
  )
}

interface Counts {
  /** Good rows of the CSV. */
  readonly rows: number
  readonly rawRows: number
  readonly deadLetters: number
}

/** rows = messages + dead rows, and messages = raw_events + dead_letters. */
function addUp(
  badLines: readonly number[],
  { rows, rawRows, deadLetters }: Counts,
  topic: TopicContent | undefined,
): { readonly missing: number; readonly extra: number; readonly findings: readonly string[] } {
  if (topic === undefined) return { missing: 0, extra: 0, findings: [] }
  const findings: string[] = []
  const missing = less(badLines, topic.deadLines)
  const extra = less(topic.deadLines, badLines)
  if (missing.length > 0)
    findings.push(`${missing.length} bad rows of the CSV are not on the dead topic: ${listed(missing)}`)
  if (extra.length > 0)
    findings.push(`${extra.length} rows on the dead topic are no bad rows of the CSV: ${listed(extra)}`)
  if (topic.messages !== rawRows + deadLetters) {
    findings.push(
      `the topic holds ${topic.messages} messages, raw_events and dead_letters ${rawRows + deadLetters} (${rawRows} + ${deadLetters}): ${
        topic.messages > rawRows + deadLetters
          ? 'the job has not read all of them, or lost some'
          : 'some were written twice'
      }`,
    )
  }
  if (rows > topic.messages) findings.push(`the CSV has ${rows} good rows, the topic only ${topic.messages} messages`)
  return { missing: missing.length, extra: extra.length, findings }
}

/** The members of a multiset of lines that another does not have. */
function less(lines: readonly number[], others: readonly number[]): number[] {
  const counts = new Map<number, number>()
  for (const line of others) counts.set(line, (counts.get(line) ?? 0) + 1)
  return lines.filter(line => {
    const left = counts.get(line) ?? 0
    if (left > 0) counts.set(line, left - 1)
    return left === 0
  })
}

function listed(lines: readonly number[]): string {
  return `line ${[...lines]
    .sort((a, b) => a - b)
    .slice(0, 5)
    .join(', ')}${lines.length > 5 ? ' ...' : ''}`
}

async function countTables(client: Client): Promise<{ rawRows: number; aggregateRows: number; deadLetters: number }> {
  const { rows } = await client.query<{ raw: string; minutes: string; dead: string }>(`
    select (select count(*) from telemetry.raw_events) as raw, (select count(*) from telemetry.agg_1min) as minutes,
      (select count(*) from telemetry.dead_letters) as dead`)
  const [counts] = rows
  return { rawRows: Number(counts?.raw), aggregateRows: Number(counts?.minutes), deadLetters: Number(counts?.dead) }
}
