import type { Checkpoint, TaskCheckpoint } from '@rtp/stream-core/extend'
import type { Statement } from '../connection/statement-batch.ts'
import { textArray } from '../text-array.ts'
import type { CheckpointTables } from './checkpoint-tables.ts'
import { forgetStatements, nextNumber } from './kept-statements.ts'
import { positionsText } from './positions.ts'
import { pieces } from './snapshot-pieces.ts'
import { checksum } from './stored-chains.ts'

/**
 * What a checkpoint writes besides the sinks' output, in order. The compare-and-set comes last: from then on the rows of its tasks are
 * locked, and only COMMIT follows, in the same message.
 */
export function commitStatements(tables: CheckpointTables, { job, tasks }: Checkpoint, keep: number): Statement[] {
  return [
    ...tasks.flatMap(task => snapshotStatements(tables, job, task)),
    ...forgetStatements(tables, job, tasks, keep),
    ...lockStatements(tables, job, tasks),
    compareAndSet(tables, job, tasks),
  ]
}

function snapshotStatements({ snapshots }: CheckpointTables, job: string, task: TaskCheckpoint): Statement[] {
  return pieces(task.snapshot).map((bytes, part, { length }) => ({
    text: `INSERT INTO ${snapshots} (job, task, sequence, epoch, part, parts, is_full, bytes, crc32)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    values: [
      job,
      task.task,
      String(task.sequence),
      String(task.epoch),
      String(part),
      String(length),
      task.needs === 0 ? 't' : 'f',
      bytes,
      String(checksum(bytes)),
    ],
    doing: `storing the state of task "${task.task}"`,
    point: 'state-sent',
    // This owner has committed that sequence before: the compare-and-set would fail.
    codes: { '23505': 'FENCED' },
  }))
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

/**
 * Fails, and with it the transaction, unless every task is moved. Division by zero is the way to raise an error in plain SQL. What is moved is kept as a
 * checkpoint to go back to.
 */
function compareAndSet(tables: CheckpointTables, job: string, tasks: readonly TaskCheckpoint[]): Statement {
  const column = (of: (task: TaskCheckpoint) => string) => textArray(tasks.map(of))
  return {
    text: `WITH moved AS (
        UPDATE ${tables.tasks} t SET sequence = x.sequence, positions = x.positions, layout = x.layout, updated_at = now(),
          base = x.base
        FROM unnest($2::text[], $3::bigint[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::bigint[])
          AS x (task, epoch, sequence, previous, positions, layout, base)
        WHERE t.job = $1 AND t.task = x.task AND t.epoch = x.epoch AND t.sequence = x.sequence - 1 AND t.positions = x.previous
          AND x.base >= coalesce(t.base, x.sequence)
        RETURNING t.*
      ), ${nextNumber(tables)}, kept AS (
        INSERT INTO ${tables.kept} (job, task, sequence, epoch, base, number, positions, layout, committed_at)
        SELECT job, task, sequence, epoch, base, n.number, positions, layout, now() FROM moved, next_number n
      ) SELECT 1 / (count(*) = ${tasks.length})::int FROM moved`,
    values: [
      job,
      column(({ task }) => task),
      column(({ epoch }) => String(epoch)),
      column(({ sequence }) => String(sequence)),
      column(({ previous }) => positionsText(previous)),
      column(({ positions }) => positionsText(positions)),
      column(({ layout }) => JSON.stringify(layout)),
      column(({ sequence, needs }) => String(sequence - needs)),
    ],
    doing: 'moving the tasks on',
    point: 'compare-and-set-sent',
    codes: { '22012': 'FENCED' },
  }
}
