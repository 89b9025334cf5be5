import { jobHasState, unknownCheckpoint } from './archive-errors.ts'
import type { CheckpointArchive, KeptCheckpoint, PutOptions, SavedTask } from './checkpoint-archive.ts'
import { NEW_TASK, type StoredTask } from './stored-task.ts'

type Tasks = Map<string, StoredTask<Uint8Array>>

/** What a memory store holds of one job: its tasks, and the last checkpoints of all of them. */
export class MemoryJob {
  readonly tasks: Tasks = new Map()
  readonly #keep: number
  readonly #now: () => number
  #number = 0
  /** Latest first. Tasks are replaced as a whole, so a checkpoint shares with the next what did not change. */
  #kept: { readonly number: number; readonly committedAt: number; readonly tasks: Tasks }[] = []

  constructor(keep: number, now: () => number) {
    this.#keep = keep
    this.#now = now
  }

  /** The tasks as they are now are a checkpoint. */
  keep(): number {
    const kept = { number: ++this.#number, committedAt: this.#now(), tasks: new Map(this.tasks) }
    this.#kept = [kept, ...this.#kept].slice(0, this.#keep)
    return kept.number
  }

  list(): KeptCheckpoint[] {
    return this.#kept.map(({ tasks, ...kept }) => ({
      ...kept,
      tasks: savedTasks(tasks).map(({ snapshots, ...task }) => ({
        ...task,
        stateBytes: snapshots.reduce((sum, { length }) => sum + length, 0),
      })),
    }))
  }

  read(job: string, number: number | undefined) {
    const kept = number === undefined ? this.#kept[0] : this.#kept.find(one => one.number === number)
    if (kept === undefined)
      throw unknownCheckpoint(
        job,
        number,
        this.#kept.map(one => one.number),
      )
    return { job, number: kept.number, committedAt: kept.committedAt, tasks: savedTasks(kept.tasks) }
  }

  put(job: string, saved: readonly SavedTask[], { replace = false }: PutOptions): number {
    if (!replace && [...this.tasks.values()].some(({ sequence }) => sequence > 0)) throw jobHasState(job)
    const raised = (name: string) => {
      const { epoch, sequence } = this.tasks.get(name) ?? NEW_TASK
      return { epoch: epoch + 1, sequence: sequence + 1 }
    }
    const put: Tasks = new Map([...this.tasks.keys()].map(name => [name, { ...NEW_TASK, ...raised(name) }]))
    for (const { task, positions, layout, snapshots } of saved)
      put.set(task, { ...raised(task), positions, layout, snapshots })
    for (const [name, task] of put) this.tasks.set(name, task)
    return this.keep()
  }
}

export function memoryArchive(jobOf: (job: string) => MemoryJob): CheckpointArchive {
  return {
    list: async job => jobOf(job).list(),
    read: async (job, number) => jobOf(job).read(job, number),
    put: async (job, tasks, options = {}) => jobOf(job).put(job, tasks, options),
  }
}

/** Tasks that were taken over and have never committed hold nothing. */
function savedTasks(tasks: Tasks): SavedTask[] {
  return [...tasks].filter(([, { sequence }]) => sequence > 0).map(([task, stored]) => ({ ...stored, task }))
}
