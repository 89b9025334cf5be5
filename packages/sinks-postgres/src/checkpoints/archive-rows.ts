import type { KeptCheckpoint, KeptTask } from '@rtp/stream-core/extend'
import type { Row } from '../connection/statement-batch.ts'
import { parsePositions } from './positions.ts'
import { parseLayout } from './stored-chains.ts'

/** One checkpoint of one task that is kept. */
interface Entry extends KeptTask {
  readonly number: number
  readonly committedAt: number
}

/**
 * The checkpoints that all tasks of a job can be put back to, latest first. Each process commits its own tasks, so at a number every task stands at its last
 * checkpoint up to that. A number before which a task had checkpoints that are gone cannot be restored, nor can any before it.
 */
export function keptCheckpoints(rows: readonly Row[]): KeptCheckpoint[] {
  const entries = rows.map(entryOf)
  const tasks = new Map<string, Entry[]>()
  for (const entry of entries) tasks.set(entry.task, [...(tasks.get(entry.task) ?? []), entry])
  const numbers = [...new Set(entries.map(({ number }) => number))].sort((a, b) => b - a)
  const kept: KeptCheckpoint[] = []
  for (const number of numbers) {
    const states = [...tasks.values()].map(ofTask => stateAt(ofTask, number))
    if (states.includes('gone')) break
    const committedAt = Math.max(
      ...entries.filter(entry => entry.number === number).map(({ committedAt }) => committedAt),
    )
    const present = states.filter(state => typeof state === 'object')
    kept.push({ number, committedAt, tasks: present.map(({ number: _, committedAt: __, ...task }) => task) })
  }
  return kept
}

/** `entries`: of one task, oldest first. */
function stateAt(entries: readonly Entry[], number: number): Entry | 'not yet' | 'gone' {
  const last = entries.findLast(entry => entry.number <= number)
  if (last !== undefined) return last
  return entries[0]!.sequence === FIRST_SEQUENCE ? 'not yet' : 'gone'
}

const FIRST_SEQUENCE = 1

function entryOf(row: Row): Entry {
  const task = row['task'] ?? ''
  return {
    task,
    number: Number(row['number']),
    epoch: Number(row['epoch']),
    sequence: Number(row['sequence']),
    committedAt: Number(row['committed_at']),
    positions: parsePositions(row['positions'] ?? '', task),
    layout: parseLayout(row['layout'] ?? null, task),
    stateBytes: Number(row['state_bytes']),
  }
}
