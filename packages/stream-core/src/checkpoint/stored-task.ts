import type { Position } from '../connectors/source.ts'
import { StreamError } from '../errors.ts'
import type { RestoredTask, TaskCheckpoint, TaskLayout } from './checkpoint-store.ts'

/** What a store holds of one task; `S` is a snapshot, or where to find it. Replaced as a whole, never changed. */
export interface StoredTask<S> {
  readonly epoch: number
  readonly sequence: number
  readonly positions: ReadonlyMap<string, Position>
  readonly layout: TaskLayout | undefined
  readonly snapshots: readonly S[]
}

export const NEW_TASK: StoredTask<never> = {
  epoch: 0,
  sequence: 0,
  positions: new Map(),
  layout: undefined,
  snapshots: [],
}

/** The task after a checkpoint. Throws FENCED when the checkpoint is not the successor of what is stored, or comes from a former owner. */
export function advanceTask<S>(stored: StoredTask<S> | undefined, next: TaskCheckpoint, snapshot: S): StoredTask<S> {
  const fault = stored === undefined ? 'it was never acquired' : mismatch(stored, next)
  if (stored === undefined || fault !== undefined) {
    throw new StreamError(
      'FENCED',
      `a checkpoint of task ${next.task} was refused: ${fault}. Another owner has taken the task over; this one must stop, and acquire it again to go on.`,
    )
  }
  const dropped = stored.snapshots.length - next.needs
  if (dropped < 0) {
    throw new StreamError(
      'CHECKPOINT_FAILED',
      `a snapshot of task ${next.task} needs ${next.needs} before it, and ${stored.snapshots.length} are stored. A task's first snapshot must stand alone.`,
    )
  }
  return {
    epoch: next.epoch,
    sequence: next.sequence,
    positions: new Map(next.positions),
    layout: next.layout,
    snapshots: [...stored.snapshots.slice(dropped), snapshot],
  }
}

/** What a task's new owner is told; its epoch is the stored one, raised already. */
export function restoredTask<S>(task: string, stored: StoredTask<S>, snapshots: readonly Uint8Array[]): RestoredTask {
  const { epoch, sequence, positions, layout } = stored
  return { task, epoch, sequence, positions: new Map(positions), layout, snapshots }
}

function mismatch(stored: StoredTask<unknown>, next: TaskCheckpoint): string | undefined {
  if (next.epoch !== stored.epoch) return `its epoch is ${next.epoch}, the stored one ${stored.epoch}`
  if (next.sequence !== stored.sequence + 1)
    return `its sequence is ${next.sequence}, the stored one ${stored.sequence}, so ${stored.sequence + 1} was due`
  const source = differingPosition(stored.positions, next.previous)
  if (source === undefined) return undefined
  const was = positionText(stored.positions.get(source))
  return `it goes on from position ${positionText(next.previous.get(source))} of ${source}, the stored one is ${was}`
}

function differingPosition(a: ReadonlyMap<string, Position>, b: ReadonlyMap<string, Position>): string | undefined {
  for (const partition of new Set([...a.keys(), ...b.keys()])) {
    if (positionText(a.get(partition)) !== positionText(b.get(partition))) return partition
  }
  return undefined
}

/** Canonical JSON text of a position, by which positions are compared: fields in the order of their names. */
export function positionText(position: Position | undefined): string {
  if (position === undefined) return 'none'
  if (typeof position === 'number') return JSON.stringify(position)
  const fields = Object.entries(position).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${fields.map(([field, value]) => `${JSON.stringify(field)}:${JSON.stringify(value)}`).join(',')}}`
}
