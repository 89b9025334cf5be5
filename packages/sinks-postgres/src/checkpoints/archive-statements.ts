import type { SavedTask } from '@rtp/stream-core/extend'
import type { Statement } from '../connection/statement-batch.ts'
import { textArray } from '../text-array.ts'
import type { CheckpointTables } from './checkpoint-tables.ts'
import { nextNumber } from './kept-statements.ts'
import { positionsText } from './positions.ts'
import { pieces } from './snapshot-pieces.ts'
import { checksum } from './stored-chains.ts'

export function listStatement({ kept, snapshots }: CheckpointTables, job: string): Statement {
  return {
    text: `SELECT k.task, k.number, k.epoch, k.sequence, k.positions, k.layout,
        round(extract(epoch FROM k.committed_at) * 1000)::bigint AS committed_at,
        (SELECT coalesce(sum(length(s.bytes)), 0) FROM ${snapshots} s
          WHERE s.job = k.job AND s.task = k.task AND s.sequence BETWEEN k.base AND k.sequence) AS state_bytes
      FROM ${kept} k WHERE k.job = $1 ORDER BY length(k.task), k.task, k.sequence`,
    values: [job],
  }
}

/** Whether the tables have been brought to where they have checksums: reading does not migrate. */
export function checksumsStatement({ snapshots }: CheckpointTables): Statement {
  return {
    text: `SELECT FROM pg_catalog.pg_attribute WHERE attrelid = to_regclass($1) AND attname = 'crc32'`,
    values: [snapshots],
  }
}

/** State of each task as of one of its checkpoints. */
export function readStatement(
  { kept, snapshots }: CheckpointTables,
  job: string,
  tasks: readonly { readonly task: string; readonly sequence: number }[],
  hasChecksums: boolean,
): Statement {
  return {
    text: `SELECT s.task, s.sequence, k.base, s.part, ${hasChecksums ? 's.parts, s.crc32' : 'NULL AS parts, NULL AS crc32'}, encode(s.bytes, 'hex') AS bytes
      FROM unnest($2::text[], $3::bigint[]) AS x (task, sequence)
      JOIN ${kept} k ON k.job = $1 AND k.task = x.task AND k.sequence = x.sequence
      JOIN ${snapshots} s ON s.job = $1 AND s.task = x.task AND s.sequence BETWEEN k.base AND k.sequence
      ORDER BY s.task, s.sequence, s.part`,
    values: [job, textArray(tasks.map(({ task }) => task)), textArray(tasks.map(({ sequence }) => String(sequence)))],
  }
}

/**
 * Puts state in as one more checkpoint of every task of the job: the snapshots of a chain follow what is stored, each under a sequence of its own. The raised
 * epoch fences whoever owns a task.
 */
export function putStatements(
  tables: CheckpointTables,
  job: string,
  saved: readonly SavedTask[],
  replace: boolean,
): Statement[] {
  const names = textArray(saved.map(({ task }) => task))
  return [
    {
      text: `INSERT INTO ${tables.tasks} (job, task, epoch, sequence, positions, updated_at)
        SELECT $1, task, 0, 0, '[]', now() FROM unnest($2::text[]) AS task ORDER BY task ON CONFLICT DO NOTHING`,
      values: [job, names],
    },
    { text: `SELECT FROM ${tables.tasks} WHERE job = $1 ORDER BY task FOR UPDATE`, values: [job] },
    ...(replace ? [] : [refuseState(tables, job)]),
    ...saved.flatMap(task => snapshotStatements(tables, job, task)),
    moveStatement(tables, job, saved),
  ]
}

/** Division by zero is the way to raise an error in plain SQL. */
function refuseState({ tasks }: CheckpointTables, job: string): Statement {
  return {
    text: `SELECT 1 / (count(*) = 0)::int FROM ${tasks} WHERE job = $1 AND sequence > 0`,
    values: [job],
    codes: { '22012': 'CHECKPOINT_EXISTS' },
  }
}

function snapshotStatements({ tasks, snapshots }: CheckpointTables, job: string, saved: SavedTask): Statement[] {
  return saved.snapshots.flatMap((snapshot, i) =>
    pieces(snapshot).map((bytes, part, { length }) => ({
      text: `INSERT INTO ${snapshots} (job, task, sequence, epoch, part, is_full, bytes, crc32, parts)
        SELECT job, task, sequence + $3::bigint, epoch + 1, $4::integer, $5::boolean, $6::bytea, $7::bigint, $8::integer FROM ${tasks}
        WHERE job = $1 AND task = $2`,
      values: [
        job,
        saved.task,
        String(i + 1),
        String(part),
        i === 0 ? 't' : 'f',
        bytes,
        String(checksum(bytes)),
        String(length),
      ],
      doing: `storing the state of task "${saved.task}"`,
    })),
  )
}

function moveStatement(tables: CheckpointTables, job: string, saved: readonly SavedTask[]): Statement {
  const column = (of: (task: SavedTask) => string | null) => textArray(saved.map(of))
  return {
    text: `WITH moved AS (
        UPDATE ${tables.tasks} t SET epoch = t.epoch + 1, sequence = t.sequence + greatest(x.length, 1), base = t.sequence + 1,
          positions = coalesce(x.positions, '[]'), layout = x.layout, updated_at = now()
        FROM ${tables.tasks} old LEFT JOIN unnest($2::text[], $3::bigint[], $4::text[], $5::text[])
          AS x (task, length, positions, layout) ON x.task = old.task
        WHERE t.job = $1 AND old.job = $1 AND t.task = old.task
        RETURNING t.*
      ), ${nextNumber(tables)}, kept AS (
        INSERT INTO ${tables.kept} (job, task, sequence, epoch, base, number, positions, layout, committed_at)
        SELECT job, task, sequence, epoch, base, n.number, positions, layout, now() FROM moved, next_number n
      ) SELECT number FROM next_number`,
    values: [
      job,
      column(({ task }) => task),
      column(({ snapshots }) => String(snapshots.length)),
      column(({ positions }) => positionsText(positions)),
      column(({ layout }) => (layout === undefined ? null : JSON.stringify(layout))),
    ],
  }
}
