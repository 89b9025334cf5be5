import { type Checkpoint, StreamError, type TaskCheckpoint } from '@rtp/stream-core/extend'
import type { PostgresConnection } from '../connection/client.ts'
import type { Row, Statement } from '../connection/statement-batch.ts'
import { endStuckSessions } from '../connection/stuck-sessions.ts'
import { PostgresTransaction } from '../connection/transaction.ts'
import type { ResolvedOptions } from '../options.ts'
import { textArray } from '../text-array.ts'
import type { CheckpointTables } from './checkpoint-tables.ts'
import { positionsText } from './positions.ts'

/**
 * Finds out what became of a commit whose answer never came.
 *
 * Looking alone is not enough: the server may still be working on it. So the epochs of tasks that have not moved are raised, which waits for
 * a commit under way and fences one that is still to come. After that the answer is final.
 */
export async function commitOutcome(
  connection: PostgresConnection,
  tables: CheckpointTables,
  checkpoint: Checkpoint,
  options: ResolvedOptions,
): Promise<'committed' | 'nothing' | 'taken over'> {
  const { job, tasks } = checkpoint
  const names = textArray(tasks.map(({ task }) => task))
  const doing = 'finding out whether the checkpoint was committed'
  // The session of that commit may hold its locks for ever, because the rest of it got lost on the way.
  await connection.batch([endStuckSessions(options)], doing)
  const transaction = new PostgresTransaction(connection, options)
  transaction.defer({
    text: `SELECT FROM ${tables.tasks} WHERE job = $1 AND task = ANY ($2::text[]) ORDER BY task FOR UPDATE`,
    values: [job, names],
  })
  transaction.defer({
    text: `UPDATE ${tables.tasks} t SET epoch = t.epoch + 1, updated_at = now()
      FROM unnest($2::text[], $3::bigint[], $4::bigint[]) AS x (task, epoch, sequence)
      WHERE t.job = $1 AND t.task = x.task AND t.epoch = x.epoch AND t.sequence < x.sequence RETURNING t.task`,
    values: [
      job,
      names,
      textArray(tasks.map(({ epoch }) => String(epoch))),
      textArray(tasks.map(({ sequence }) => String(sequence))),
    ],
  })
  transaction.defer(selectTasks(tables, job, tasks))
  const [, raised, stored] = await transaction.commit(doing).catch(async cause => {
    await transaction.rollback()
    throw cause
  })
  if (raised?.rows.length === tasks.length) return 'nothing'
  const rowOf = new Map(stored?.rows.map(row => [row['task'], row]))
  const isCommitted = tasks.every(({ task, epoch, sequence }) => {
    const row = rowOf.get(task)
    return row?.['epoch'] === String(epoch) && row['sequence'] === String(sequence)
  })
  return isCommitted ? 'committed' : 'taken over'
}

/** Says why a compare-and-set failed: which task, what this process has and what is stored. */
export async function fencedError(
  connection: PostgresConnection,
  tables: CheckpointTables,
  { job, tasks }: Checkpoint,
): Promise<StreamError> {
  const [stored] = await connection.batch([selectTasks(tables, job, tasks)], 'reading who owns the tasks')
  const rowOf = new Map(stored?.rows.map(row => [row['task'], row]))
  const lost = tasks.find(({ task, epoch, sequence }) => {
    const row = rowOf.get(task)
    return row?.['epoch'] === String(epoch) && Number(row['sequence']) < sequence - 1
  })
  if (lost !== undefined) return wentBack(job, lost, rowOf.get(lost.task)?.['sequence'] ?? '')
  const reasons = tasks.map(task => difference(task, rowOf.get(task.task))).filter(reason => reason !== undefined)
  return new StreamError(
    'FENCED',
    `job "${job}": ${reasons.join('; ') || 'a task has moved on'}. Nothing was written. ` +
      'Another process has taken over, and this one must stop: start it again if it should take part.',
  )
}

/** Nobody has taken over, but checkpoints that were committed are gone, with their output: the job can start again from what is there. */
function wentBack(job: string, { task, sequence }: TaskCheckpoint, stored: string): StreamError {
  return new StreamError(
    'FENCED',
    `job "${job}": the database has lost checkpoints of task "${task}": it holds ${stored}, this process has committed ${sequence - 1}. ` +
      "It crashed with synchronous_commit off, or went back to a standby or backup. The job goes on from the database's last checkpoint.",
    { retryable: true },
  )
}

function selectTasks(tables: CheckpointTables, job: string, tasks: readonly TaskCheckpoint[]): Statement {
  return {
    text: `SELECT task, epoch, sequence, positions FROM ${tables.tasks} WHERE job = $1 AND task = ANY ($2::text[])`,
    values: [job, textArray(tasks.map(({ task }) => task))],
  }
}

function difference(task: TaskCheckpoint, row: Row | undefined): string | undefined {
  const name = `task "${task.task}"`
  if (row === undefined) return `${name} is not stored any more`
  if (row['epoch'] !== String(task.epoch)) return `${name} has epoch ${row['epoch']}, this process has ${task.epoch}`
  if (row['sequence'] !== String(task.sequence - 1)) {
    return `${name} is at checkpoint ${row['sequence']}, this process would write ${task.sequence}`
  }
  if (row['positions'] !== positionsText(task.previous))
    return `${name} is stored at other positions than this process began at`
  return undefined
}
