import type { RestoredTask } from '@rtp/stream-core/extend'
import type { Statement, StatementResult } from '../connection/statement-batch.ts'
import { textArray } from '../text-array.ts'
import type { CheckpointTables } from './checkpoint-tables.ts'
import { parsePositions } from './positions.ts'
import { corrupt, parseLayout, storedChains } from './stored-chains.ts'

/**
 * Takes tasks over: makes the missing ones, raises every epoch and reads what was committed. If the former owner has passed its
 * compare-and-set without having committed, the lock waits for it and its result is read; if not, the raised epoch makes it fail.
 */
export function acquireStatements(tables: CheckpointTables, job: string, tasks: readonly string[]): Statement[] {
  const values = [job, textArray(tasks)]
  return [
    {
      text: `INSERT INTO ${tables.tasks} (job, task, epoch, sequence, positions, updated_at)
        SELECT $1, task, 0, 0, '[]', now() FROM unnest($2::text[]) AS task ORDER BY task ON CONFLICT DO NOTHING`,
      values,
      doing: 'making tasks',
    },
    {
      text: `SELECT FROM ${tables.tasks} WHERE job = $1 AND task = ANY ($2::text[]) ORDER BY task FOR UPDATE`,
      values,
      doing: 'locking the tasks',
    },
    {
      text: `UPDATE ${tables.tasks} SET epoch = epoch + 1, updated_at = now()
        WHERE job = $1 AND task = ANY ($2::text[]) RETURNING task, epoch, sequence, positions, layout`,
      values,
      doing: 'taking tasks over',
    },
    {
      text: `SELECT s.task, s.sequence, t.base, s.part, s.parts, s.crc32, encode(s.bytes, 'hex') AS bytes FROM ${tables.snapshots} s
        JOIN ${tables.tasks} t ON t.job = s.job AND t.task = s.task
        WHERE s.job = $1 AND s.task = ANY ($2::text[]) AND s.sequence >= t.base ORDER BY s.task, s.sequence, s.part`,
      values,
      doing: 'reading the state of tasks',
    },
  ]
}

/** What the statements gave, in the order of `tasks`. */
export function restoredTasks(tasks: readonly string[], results: readonly StatementResult[]): RestoredTask[] {
  const [, , taken, snapshots] = results
  const rowOf = new Map(taken?.rows.map(row => [row['task'], row]))
  const stored = tasks.map(task => {
    const row = rowOf.get(task)
    if (row === undefined) throw corrupt(`task "${task}" vanished while it was taken over`)
    return {
      task,
      epoch: Number(row['epoch']),
      sequence: Number(row['sequence']),
      positions: parsePositions(row['positions'] ?? '', task),
      layout: parseLayout(row['layout'] ?? null, task),
    }
  })
  const chains = storedChains(snapshots?.rows ?? [], stored)
  return stored.map(task => ({ ...task, snapshots: chains.get(task.task)! }))
}
