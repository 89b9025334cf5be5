import { postgres } from '@rtp/test-servers'
import type pg from 'pg'
import { toBatches } from '../harness/batches.ts'
import type { Benchmark, BenchmarkOptions, Comparison } from '../harness/benchmark.ts'
import { type Contender, compare } from '../harness/compare.ts'
import { type Taken, timed } from '../harness/stopwatch.ts'
import { byAppendSink, byPipeline } from './by-append-sink.ts'
import { copyBinaryByHand } from './copy-binary-by-hand.ts'
import { copyTextByHand } from './copy-text-by-hand.ts'
import { insertByHand } from './inserts-by-hand.ts'
import { makeRows, type Row, TRANSACTION_ROWS } from './row.ts'
import { withRowTable } from './row-table.ts'
import { byCheckpoints } from './whole-checkpoint.ts'
import { POSITION_TABLE, wholeCheckpointByHand } from './whole-checkpoint-by-hand.ts'
import { WINDOW_TABLE } from './window-result.ts'

/** Ways to get the same rows into the same table. */
export const sink: Benchmark = {
  name: 'sink',
  title: 'rows into PostgreSQL, 20,000 to a transaction: the sink, COPY and INSERT by hand, and a whole checkpoint',
  async run(options): Promise<readonly Comparison[]> {
    const server = await postgres()
    const database = await server.freshDatabase()
    try {
      const rows = makeRows(options.quick ? 60_000 : 400_000)
      const note = `PostgreSQL ${server.version}; a table without index, new for every run; timestamptz, bigint, float8, jsonb (null in 7 of 8 rows), int, bigint`
      return [
        await compareLoading(database.url, rows, note, options),
        await compareCheckpoints(database.url, rows, note, options),
        await costOfCheckpoint(database.url, rows, note, options),
      ]
    } finally {
      await database.drop()
      await server.stop()
    }
  },
}

function compareLoading(
  url: string,
  rows: readonly Row[],
  note: string,
  options: BenchmarkOptions,
): Promise<Comparison> {
  const batches = toBatches(rows)
  const few = rows.slice(0, options.quick ? 2_000 : 10_000)
  return compare(
    'sink: ways to load the same rows',
    rows.length,
    options.quick ? 1 : 5,
    [
      byHand('COPY BINARY by hand', url, rows, client => copyBinaryByHand(client, rows)),
      contender('sinks-postgres, append', url, rows, () => byAppendSink(url, batches)),
      contender('sinks-postgres, append with checkpoint store', url, rows, () =>
        byCheckpoints(url, batches, 'rows and positions'),
      ),
      contender('the same as a pipeline, from run() to its end', url, rows, () => byPipeline(url, rows)),
      byHand('COPY text by hand', url, rows, client => copyTextByHand(client, rows)),
      byHand('INSERT of 1,000 rows', url, rows, client => insertByHand(client, rows, 1_000)),
      byHand(`INSERT row by row (${few.length.toLocaleString('en')} rows)`, url, few, client =>
        insertByHand(client, few, 1),
      ),
    ],
    options,
    [note],
  )
}

function compareCheckpoints(
  url: string,
  rows: readonly Row[],
  note: string,
  options: BenchmarkOptions,
): Promise<Comparison> {
  const batches = toBatches(rows)
  return compare(
    `sink: a whole checkpoint (${TRANSACTION_ROWS.toLocaleString('en')} rows + 1,000 upserts + 64 kB of state + positions)`,
    rows.length,
    options.quick ? 1 : 5,
    [
      byHand('COPY BINARY by hand, rows alone', url, rows, client => copyBinaryByHand(client, rows)),
      contender('sinks-postgres, rows alone', url, rows, () => byAppendSink(url, batches)),
      byHand('whole checkpoint by hand', url, rows, client => wholeCheckpointByHand(client, rows)),
      contender('sinks-postgres, whole checkpoint', url, rows, () =>
        byCheckpoints(url, batches, 'rows, positions, upserts and state'),
      ),
    ],
    options,
    [note, 'records are the rows; the upserts come on top of them'],
  )
}

/** The same COPY with and without all that a checkpoint adds to it. */
async function costOfCheckpoint(
  url: string,
  rows: readonly Row[],
  note: string,
  options: BenchmarkOptions,
): Promise<Comparison> {
  const batches = toBatches(rows)
  const comparison = await compare(
    'sink: what a checkpoint adds to a COPY of 20,000 rows (1,000 upserts, 64 kB of state, positions)',
    rows.length,
    options.quick ? 3 : 9,
    [
      contender('the COPY alone', url, rows, () => byAppendSink(url, batches)),
      contender('with the checkpoint', url, rows, () =>
        byCheckpoints(url, batches, 'rows, positions, upserts and state'),
      ),
    ],
    options,
  )
  const cost = 1 / comparison.rows[1]!.ratio!
  return { ...comparison, notes: [note, `takes ${cost.toFixed(2)} times as long with the checkpoint as without it`] }
}

function byHand(
  name: string,
  url: string,
  rows: readonly Row[],
  load: (client: pg.Client) => Promise<void>,
): Contender {
  return contender(name, url, rows, client => timed(() => load(client)))
}

function contender(
  name: string,
  url: string,
  rows: readonly Row[],
  load: (client: pg.Client) => Promise<Taken>,
): Contender {
  const run = async () => {
    const taken = await withRowTable(url, rows, async client => {
      await newOtherTables(client)
      return load(client)
    })
    return { result: 'the rows given', ...taken }
  }
  return { name, records: rows.length, run }
}

async function newOtherTables(client: pg.Client): Promise<void> {
  await client.query(
    `drop table if exists ${WINDOW_TABLE}, ${POSITION_TABLE};
    create table ${WINDOW_TABLE} (sensor_id bigint, window_start timestamptz, count bigint not null, mean float8 not null,
      primary key (sensor_id, window_start)) with (fillfactor = 80, autovacuum_enabled = false);
    create table ${POSITION_TABLE} (position bigint not null, state bytea);
    alter table ${POSITION_TABLE} alter column state set storage external;
    insert into ${POSITION_TABLE} values (0)`,
  )
}
