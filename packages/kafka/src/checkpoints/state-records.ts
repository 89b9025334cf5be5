import { type Position, type StoredTask, StreamError, type TaskLayout } from '@rtp/stream-core/extend'

/** What the state topic says of a task. */
export interface StateTask extends StoredTask<SnapshotPlace> {
  /** Transactional id of the process that owns it. */
  readonly owner: string
}

/** Where a snapshot is: in `chunks` records that are named by the sequence of the checkpoint that wrote it. */
export interface SnapshotPlace {
  readonly sequence: number
  readonly chunks: number
  readonly bytes: number
}

/** Raised when older versions could not read what this one writes. */
const VERSION = 1

/** What a record of the state topic is about. */
export type StateKey =
  | { readonly kind: 'task'; readonly task: string }
  | { readonly kind: 'chunk'; readonly task: string; readonly sequence: number; readonly index: number }

export function taskKey(task: string): string {
  return JSON.stringify(['task', task])
}

export function chunkKey(task: string, sequence: number, index: number): string {
  return JSON.stringify(['state', task, sequence, index])
}

/** Undefined for a key that this version does not write. */
export function readStateKey(text: string): StateKey | undefined {
  const parts = parsed(text)
  if (!Array.isArray(parts)) return undefined
  const [kind, task, sequence, index] = parts as unknown[]
  if (typeof task !== 'string') return undefined
  if (kind === 'task') return { kind, task }
  if (kind === 'state' && typeof sequence === 'number' && typeof index === 'number')
    return { kind: 'chunk', task, sequence, index }
  return undefined
}

export function writeStateTask(job: string, task: StateTask): string {
  const { epoch, owner, sequence, layout, snapshots } = task
  return JSON.stringify({
    version: VERSION,
    job,
    epoch,
    owner,
    sequence,
    positions: [...task.positions],
    layout,
    snapshots: snapshots.map(place => [place.sequence, place.chunks, place.bytes]),
  })
}

/** Throws CHECKPOINT_CORRUPT and CHECKPOINT_NEWER_VERSION, naming `place`. */
export function readStateTask(job: string, text: string, place: string): StateTask {
  const content = parsed(text) as
    | {
        readonly version: number
        readonly job: string
        readonly epoch: number
        readonly owner: string
        readonly sequence: number
        readonly positions: readonly (readonly [string, Position])[]
        readonly layout?: TaskLayout
        readonly snapshots: readonly (readonly [number, number, number])[]
      }
    | undefined
  if (typeof content !== 'object' || content === null || typeof content.version !== 'number')
    throw corruptState(place, 'it is not what this store writes')
  if (content.version > VERSION)
    throw new StreamError(
      'CHECKPOINT_NEWER_VERSION',
      `${place} was written by a later version of this library (format ${content.version}, this one knows ${VERSION}). Run that version, or start under a new job name.`,
    )
  if (content.job !== job)
    throw corruptState(place, `it belongs to the job "${content.job}"; give each job a topic of its own`)
  const { epoch, owner, sequence, positions, layout, snapshots } = content
  if (
    !Number.isSafeInteger(epoch) ||
    !Number.isSafeInteger(sequence) ||
    !Array.isArray(positions) ||
    !Array.isArray(snapshots)
  )
    throw corruptState(place, 'fields are missing')
  return {
    epoch,
    owner,
    sequence,
    positions: new Map(positions),
    layout,
    snapshots: snapshots.map(([at, chunks, bytes]) => ({ sequence: at, chunks, bytes })),
  }
}

export function corruptState(place: string, why: string): StreamError {
  return new StreamError(
    'CHECKPOINT_CORRUPT',
    `${place} cannot be read: ${why}. Restore the topic, or start under a new job name.`,
  )
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
