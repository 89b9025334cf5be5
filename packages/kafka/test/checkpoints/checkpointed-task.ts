import type { CheckpointStore, Position, RestoredTask, SealedOutput, TaskCheckpoint } from '@rtp/stream-core/extend'

/** One task of a job, driven by hand: its position is the number of its checkpoints. */
export class CheckpointedTask {
  readonly job: string
  readonly #store: CheckpointStore
  #task: RestoredTask

  private constructor(store: CheckpointStore, job: string, task: RestoredTask) {
    this.#store = store
    this.job = job
    this.#task = task
  }

  /** Opens the store where that is not done. */
  static async acquire(store: CheckpointStore, job: string, name = '0'): Promise<CheckpointedTask> {
    const acquired = await store.acquire([name]).catch(async (cause: { code?: string }) => {
      if (cause.code !== 'CHECKPOINT_FAILED') throw cause
      await store.open({ job, signal: new AbortController().signal })
      return store.acquire([name])
    })
    return new CheckpointedTask(store, job, acquired[0]!)
  }

  get restored(): RestoredTask {
    return this.#task
  }

  /** The next checkpoint. */
  next(overrides: Partial<TaskCheckpoint> = {}): TaskCheckpoint {
    const { task, epoch, positions } = this.#task
    const sequence = this.#task.sequence + 1
    return {
      task,
      epoch,
      sequence,
      previous: positions,
      positions: new Map<string, Position>([['in/0', sequence]]),
      layout: { mode: 'perPartition', partitions: { in: 1 } },
      snapshot: Uint8Array.of(sequence),
      needs: this.#task.snapshots.length,
      ...overrides,
    }
  }

  async commit(...outputs: SealedOutput[]): Promise<void> {
    await this.commitAs(this.next(), ...outputs)
  }

  async commitAs(next: TaskCheckpoint, ...outputs: SealedOutput[]): Promise<void> {
    await this.#store.commit({ job: this.job, tasks: [next] }, outputs)
    const { needs, snapshot, previous: _, ...after } = next
    const { snapshots } = this.#task
    this.#task = { ...after, snapshots: [...snapshots.slice(snapshots.length - needs), snapshot] }
  }
}
