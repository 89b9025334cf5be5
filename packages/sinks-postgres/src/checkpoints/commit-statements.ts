import type { Checkpoint, TaskCheckpoint } from '@rtp/stream-core/extend'
import type { Statement } from '../connection/statement-batch.ts'
import { textArray } from '../text-array.ts'
import type { CheckpointTables } from './checkpoint-tables.ts'
import { positionsText } from './positions.ts'

/**
 * What a checkpoint writes besides the sinks' output, in order. The compare-and-set comes last: from then on the rows of its tasks are
 * locked, and only COMMIT follows, in the same message.
 */
export function commitStatements(tables: CheckpointTables, { job, tasks }: Checkpoint): Statement[] {
  return [
    ...tasks.flatMap(task => snapshotStatements(tables, job, task)),
    ...forgetStatements(tables, job, tasks),
    ...lockStatements(tables, job, tasks),
    compareAndSet(tables, job, tasks),
  ]
}

/** A bytea of the size of a large state would need several times its size in the server's memory, so it goes in pieces. */
const PART_BYTES = 8 * 1024 * 1024

function snapshotStatements({ snapshots }: CheckpointTables, job: string, task: TaskCheckpoint): Statement[] {
  const { snapshot, full } = task
  const statements: Statement[] = []
  for (let part = 0; part === 0 || part * PART_BYTES < snapshot.length; part++) {
    const bytes = snapshot.subarray(part * PART_BYTES, (part + 1) * PART_BYTES)
    statements.push({
      text: `INSERT INTO ${snapshots} (job, task, sequence, epoch, part, is_full, bytes) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
      values: [
        job,
        task.task,
        String(task.sequence),
        String(task.epoch),
        String(part),
        full ? 't' : 'f',
        Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length),
      ],
      doing: `storing the state of task "${task.task}"`,
      // This owner has committed that sequence before: the compare-and-set would fail.
      codes: { '23505': 'FENCED' },
    })
  }
  return statements
}

function forgetStatements({ snapshots }: CheckpointTables, job: string, tasks: readonly TaskCheckpoint[]): Statement[] {
  const full = tasks.filter(task => task.full)
  if (full.length === 0) return []
  return [
    {
      text: `DELETE FROM ${snapshots} s USING unnest($2::text[], $3::bigint[]) AS x (task, sequence)
        WHERE s.job = $1 AND s.task = x.task AND s.sequence < x.sequence`,
      values: [job, textArray(full.map(({ task }) => task)), textArray(full.map(({ sequence }) => String(sequence)))],
      doing: 'removing older snapshots',
    },
  ]
}

/** Rows are locked in one order everywhere, so that two processes never wait for each other. */
function lockStatements(
  { tasks: table }: CheckpointTables,
  job: string,
  tasks: readonly TaskCheckpoint[],
): Statement[] {
  if (tasks.length < 2) return []
  return [
    {
      text: `SELECT FROM ${table} WHERE job = $1 AND task = ANY ($2::text[]) ORDER BY task FOR UPDATE`,
      values: [job, textArray(tasks.map(({ task }) => task))],
      doing: 'locking the tasks',
    },
  ]
}

/** Fails, and with it the transaction, unless every task is moved. Division by zero is the way to raise an error in plain SQL. */
function compareAndSet({ tasks: table }: CheckpointTables, job: string, tasks: readonly TaskCheckpoint[]): Statement {
  const column = (of: (task: TaskCheckpoint) => string) => textArray(tasks.map(of))
  return {
    text: `WITH moved AS (
        UPDATE ${table} t SET sequence = x.sequence, positions = x.positions, layout = x.layout, updated_at = now()
        FROM unnest($2::text[], $3::bigint[], $4::bigint[], $5::text[], $6::text[], $7::text[])
          AS x (task, epoch, sequence, previous, positions, layout)
        WHERE t.job = $1 AND t.task = x.task AND t.epoch = x.epoch AND t.sequence = x.sequence - 1 AND t.positions = x.previous
        RETURNING 1
      ) SELECT 1 / (count(*) = ${tasks.length})::int FROM moved`,
    values: [
      job,
      column(({ task }) => task),
      column(({ epoch }) => String(epoch)),
      column(({ sequence }) => String(sequence)),
      column(({ previous }) => positionsText(previous)),
      column(({ positions }) => positionsText(positions)),
      column(({ layout }) => JSON.stringify(layout)),
    ],
    doing: 'moving the tasks on',
    codes: { '22012': 'FENCED' },
  }
}
