import type { TaskCheckpoint } from '@rtp/stream-core/extend'
import type { Statement } from '../connection/statement-batch.ts'
import { textArray } from '../text-array.ts'
import type { CheckpointTables } from './checkpoint-tables.ts'

/** A CTE with one number for all tasks of a checkpoint. */
export function nextNumber({ numbers }: CheckpointTables): string {
  return `next_number AS MATERIALIZED (SELECT nextval('${numbers.replaceAll("'", "''")}') AS number)`
}

/**
 * Removes what is beyond the last `keep` checkpoints of each task, counting the one that is being committed, and the snapshots that none of those
 * needs. Looks up a few rows of each task by the primary keys, however long the chains are; and only at every few checkpoints of a task, because
 * planning it takes the server longer than doing it.
 */
export function forgetStatements(
  { kept, snapshots }: CheckpointTables,
  job: string,
  tasks: readonly TaskCheckpoint[],
  keep: number,
): Statement[] {
  const due = tasks.filter(({ sequence }) => sequence % REMOVED_AT_ONCE === 0)
  if (due.length === 0) return []
  const names = textArray(due.map(({ task }) => task))
  return [
    {
      text: `DELETE FROM ${kept} k USING unnest($2::text[]) AS x (task), LATERAL (
          SELECT o.sequence FROM ${kept} o WHERE o.job = $1 AND o.task = x.task ORDER BY o.sequence DESC OFFSET ${keep - 1} LIMIT 1
        ) AS last WHERE k.job = $1 AND k.task = x.task AND k.sequence <= last.sequence`,
      values: [job, names],
      doing: 'removing older checkpoints',
    },
    {
      text: `DELETE FROM ${snapshots} s USING unnest($2::text[], $3::bigint[]) AS x (task, base)
        WHERE s.job = $1 AND s.task = x.task AND s.sequence < coalesce(
          (SELECT min(k.base) FROM ${kept} k WHERE k.job = $1 AND k.task = x.task), x.base)`,
      values: [job, names, textArray(due.map(({ sequence, needs }) => String(sequence - needs)))],
      doing: 'removing older snapshots',
    },
  ]
}

/** So many checkpoints more than asked for are kept at most, less one. */
const REMOVED_AT_ONCE = 4
