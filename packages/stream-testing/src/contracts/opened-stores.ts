import { randomUUID } from 'node:crypto'
import type { CheckpointStore, Position, RestoredTask, TaskCheckpoint } from '@rtp/stream-core/extend'
import type { Disposable } from './contract-case.ts'

/** A place for checkpoints, e.g. an empty directory or schema. */
export interface StorePlace extends Disposable {
  /** A store on this place, not opened, as another process would make one. Of a store that is not durable: the same object each time. */
  store(): CheckpointStore
}

/** The stores that a case has open, to be closed whatever happens. */
export class OpenedStores implements Disposable {
  readonly place: StorePlace
  /** A job's name that no other case uses. */
  readonly job = `contract ${randomUUID()}`
  #opened: CheckpointStore[] = []

  constructor(place: StorePlace) {
    this.place = place
  }

  async open(job = this.job): Promise<CheckpointStore> {
    const store = this.place.store()
    await store.open({ job, signal: new AbortController().signal })
    this.#opened.push(store)
    return store
  }

  async close(store: CheckpointStore): Promise<void> {
    this.#opened = this.#opened.filter(other => other !== store)
    await store.close()
  }

  /** Commits a checkpoint of these tasks; without outputs. */
  commit(store: CheckpointStore, ...tasks: TaskCheckpoint[]): Promise<void> {
    return store.commit({ job: this.job, tasks }, [])
  }

  async dispose(): Promise<void> {
    for (const store of this.#opened) await store.close()
    await this.place.dispose?.()
  }
}

export async function acquireOne(store: CheckpointStore, task = '0'): Promise<RestoredTask> {
  const [restored] = await store.acquire([task])
  if (restored === undefined) throw new Error('acquire returned nothing for a task.')
  return restored
}

/** The checkpoint that follows `stored`; its snapshot and position tell its sequence. */
export function following(stored: RestoredTask, overrides: Partial<TaskCheckpoint> = {}): TaskCheckpoint {
  const sequence = stored.sequence + 1
  return {
    task: stored.task,
    epoch: stored.epoch,
    sequence,
    previous: stored.positions,
    positions: new Map<string, Position>([['readings/0', sequence * 10]]),
    layout: { mode: 'perPartition', partitions: { readings: 2 } },
    snapshot: Uint8Array.of(sequence, 0, 255),
    needs: stored.snapshots.length,
    ...overrides,
  }
}

/** What a store holds of the task after that checkpoint. */
export function after(stored: RestoredTask, { needs, snapshot, previous: _, ...next }: TaskCheckpoint): RestoredTask {
  return { ...next, snapshots: [...stored.snapshots.slice(stored.snapshots.length - needs), snapshot] }
}

/** Everything that must be equal, in a form that is easy to compare and to read. */
export function contentOf({ task, sequence, positions, layout, snapshots }: RestoredTask) {
  return {
    task,
    sequence,
    positions: [...positions].sort(([a], [b]) => (a < b ? -1 : 1)),
    layout,
    snapshots: snapshots.map(bytes => Array.from(bytes)),
  }
}
