import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { messageOf, StreamError } from '../errors.ts'
import type { Logger } from '../metrics/logger.ts'
import { jobHasState } from './archive-errors.ts'
import type { PutOptions, SavedTask } from './checkpoint-archive.ts'
import type { Checkpoint, CheckpointStore, RestoredTask } from './checkpoint-store.ts'
import {
  type CheckpointIndex,
  corrupt,
  encodeCheckpoint,
  readIndex,
  type SnapshotPlace,
  sha256,
} from './file/checkpoint-file.ts'
import { DirectoryOwner } from './file/directory-owner.ts'
import { diskError, TEMPORARY_SUFFIX, writeDurably } from './file/durable-write.ts'
import { fileArchive } from './file/file-archive.ts'
import { checkpointNumbers, checkpointPath, folderName, neededFiles, readSnapshots } from './file/job-folder-files.ts'
import { outputsWithoutScope } from './memory-store.ts'
import { checkKeep } from './retention.ts'
import { advanceTask, NEW_TASK, restoredTask, type StoredTask } from './stored-task.ts'

export interface FileStoreOptions {
  /** Made if it is missing. Each job has a folder of its own in it; one process at a time may use that. */
  readonly directory: string
  /** Checkpoints to keep, at least 1; files of earlier ones stay as long as a kept one needs their state. Default 3. */
  readonly keep?: number
  /** Told about a torn file that was passed over. Default: a warning of the Node process. */
  readonly logger?: Logger
}

/**
 * Keeps checkpoints in files, for jobs without a database. Each checkpoint is one file, written beside, synced, then renamed, that holds
 * the positions of all tasks and the snapshots that are new; state that did not change stays in the files where it is. A last file that is
 * torn is passed over with a warning, and the job goes on from the checkpoint before.
 *
 * Errors: CHECKPOINT_LOCKED while another process uses the job's folder, CHECKPOINT_CORRUPT with the name of the damaged file,
 * CHECKPOINT_NEWER_VERSION for a file of a later version of this library, CHECKPOINT_FAILED when the disk refuses.
 */
export function fileCheckpointStore(options: FileStoreOptions): CheckpointStore {
  const { directory, keep = 3 } = options
  checkKeep(keep)
  const warn = options.logger?.warn.bind(options.logger) ?? ((message: string) => process.emitWarning(message))
  let folder: JobFolder | undefined

  function opened(): JobFolder {
    if (folder !== undefined) return folder
    throw new StreamError('CHECKPOINT_FAILED', `the checkpoint store in ${directory} is not open. Open it first.`)
  }

  const openFolder = (job: string) => JobFolder.open(join(directory, folderName(job)), job, keep, warn)

  return {
    name: 'file checkpoints',
    durable: true,
    archive: fileArchive(directory, async (job, tasks, options) => {
      const opened = await openFolder(job)
      try {
        return await opened.put(tasks, options)
      } finally {
        await opened.close()
      }
    }),
    async open(context) {
      if (folder !== undefined) {
        throw new StreamError('CHECKPOINT_LOCKED', `the checkpoint store in ${directory} is open already.`)
      }
      folder = await openFolder(context.job)
    },
    acquire: tasks => opened().acquire(tasks),
    async commit(checkpoint, outputs) {
      if (outputs.length > 0) throw outputsWithoutScope(this.name)
      await opened().commit(checkpoint)
    },
    async close() {
      const closing = folder
      folder = undefined
      await closing?.close()
    },
  }
}

class JobFolder {
  readonly #path: string
  readonly #keep: number
  readonly #warn: (message: string) => void
  readonly #owner: DirectoryOwner
  #index: CheckpointIndex
  /** Files that each of the last checkpoints needs, by its number. */
  readonly #needed: Map<number, ReadonlySet<number>>
  /** Steps run one after the other, whoever asks for them. */
  #step: Promise<unknown> = Promise.resolve()

  static async open(path: string, job: string, keep: number, warn: (message: string) => void): Promise<JobFolder> {
    try {
      await mkdir(path, { recursive: true })
    } catch (cause) {
      throw diskError(path, cause)
    }
    const owner = await DirectoryOwner.take(path)
    try {
      const checkpoints = await readCheckpoints(path, keep, warn)
      const latest = checkpoints[0] ?? { job, number: 0, tasks: new Map() }
      if (latest.job !== job) throw corrupt(checkpointPath(path, latest.number), `it belongs to the job ${latest.job}`)
      return new JobFolder(path, keep, warn, owner, latest, checkpoints)
    } catch (cause) {
      await owner.release()
      throw cause
    }
  }

  private constructor(
    path: string,
    keep: number,
    warn: (message: string) => void,
    owner: DirectoryOwner,
    latest: CheckpointIndex,
    checkpoints: readonly CheckpointIndex[],
  ) {
    this.#path = path
    this.#keep = keep
    this.#warn = warn
    this.#owner = owner
    this.#index = latest
    this.#needed = new Map(checkpoints.map(index => [index.number, neededFiles(index)]))
  }

  acquire(names: readonly string[]): Promise<RestoredTask[]> {
    return this.#inTurn(async () => {
      await this.#owner.check()
      const taken = new Map<string, StoredTask<SnapshotPlace>>()
      for (const name of names) {
        const stored = this.#index.tasks.get(name) ?? NEW_TASK
        taken.set(name, { ...stored, epoch: Math.max(stored.epoch, this.#owner.epochOf(name)) + 1 })
      }
      const restored: RestoredTask[] = []
      for (const [name, task] of taken)
        restored.push(restoredTask(name, task, await readSnapshots(this.#path, task.snapshots)))
      await this.#owner.giveEpochs(new Map([...taken].map(([name, task]) => [name, task.epoch])))
      this.#index = { ...this.#index, tasks: new Map([...this.#index.tasks, ...taken]) }
      return restored
    })
  }

  commit(checkpoint: Checkpoint): Promise<void> {
    return this.#inTurn(async () => {
      const next = advance(this.#index, checkpoint)
      const path = checkpointPath(this.#path, next.number)
      const parts = encodeCheckpoint(
        next,
        checkpoint.tasks.map(task => task.snapshot),
      )
      await writeDurably(path, parts, () => this.#owner.check())
      this.#index = next
      this.#needed.set(next.number, neededFiles(next))
      await this.#prune()
    })
  }

  /** A checkpoint with that content; tasks that it does not name are emptied. */
  put(tasks: readonly SavedTask[], { replace = false }: PutOptions): Promise<number> {
    return this.#inTurn(async () => {
      const { job, number } = this.#index
      if (!replace && [...this.#index.tasks.values()].some(({ sequence }) => sequence > 0)) throw jobHasState(job)
      const next = { job, number: number + 1, tasks: this.#putTasks(tasks, number + 1) }
      await this.#owner.giveEpochs(new Map([...next.tasks].map(([name, task]) => [name, task.epoch])))
      const parts = encodeCheckpoint(
        next,
        tasks.flatMap(({ snapshots }) => snapshots),
      )
      await writeDurably(checkpointPath(this.#path, next.number), parts, () => this.#owner.check())
      this.#index = next
      this.#needed.set(next.number, neededFiles(next))
      await this.#prune()
      return next.number
    })
  }

  close(): Promise<void> {
    return this.#inTurn(() => this.#owner.release())
  }

  #inTurn<R>(step: () => Promise<R>): Promise<R> {
    const done = this.#step.then(step)
    this.#step = done.catch(() => {})
    return done
  }

  #putTasks(tasks: readonly SavedTask[], file: number): Map<string, StoredTask<SnapshotPlace>> {
    const put = new Map<string, StoredTask<SnapshotPlace>>()
    const raised = (name: string) => {
      const { epoch, sequence } = this.#index.tasks.get(name) ?? NEW_TASK
      return { epoch: Math.max(epoch, this.#owner.epochOf(name)) + 1, sequence: sequence + 1 }
    }
    for (const name of this.#index.tasks.keys()) put.set(name, { ...NEW_TASK, ...raised(name) })
    let offset = 0
    for (const { task, positions, layout, snapshots } of tasks) {
      const places: SnapshotPlace[] = []
      for (const bytes of snapshots) {
        places.push({ file, offset, length: bytes.length, sha256: sha256(bytes) })
        offset += bytes.length
      }
      put.set(task, { ...raised(task), positions, layout, snapshots: places })
    }
    return put
  }

  /** Deletes what no kept checkpoint needs. The checkpoint is safe by then, so a file that cannot be deleted is only worth a warning. */
  async #prune(): Promise<void> {
    const kept = [...this.#needed.keys()].sort((a, b) => b - a).slice(0, this.#keep)
    for (const number of this.#needed.keys()) if (!kept.includes(number)) this.#needed.delete(number)
    const needed = new Set(kept.flatMap(number => [...this.#needed.get(number)!]))
    try {
      for (const number of await checkpointNumbers(this.#path)) {
        if (!needed.has(number)) await rm(checkpointPath(this.#path, number), { force: true })
      }
    } catch (cause) {
      this.#warn(`an old checkpoint in ${this.#path} could not be deleted: ${messageOf(cause)}`)
    }
  }
}

/** The last checkpoints, latest first. A torn last file is passed over; one that is damaged otherwise, or comes from a later version, is an error. */
async function readCheckpoints(
  path: string,
  keep: number,
  warn: (message: string) => void,
): Promise<readonly CheckpointIndex[]> {
  await removeTemporaryFiles(path)
  const numbers = await checkpointNumbers(path)
  const checkpoints: CheckpointIndex[] = []
  const torn: string[] = []
  for (const number of numbers) {
    const file = checkpointPath(path, number)
    // Beyond the latest, an index only says which files a kept checkpoint needs.
    const index = await readIndex(file).catch((cause: unknown) => {
      if (checkpoints.length === 0) throw cause
      warn(`${messageOf(cause)} It is not the last checkpoint, so nothing is lost yet.`)
      return undefined
    })
    if (index === 'torn') torn.push(file)
    else if (index !== undefined) checkpoints.push(index)
    if (checkpoints.length === keep) break
  }
  if (checkpoints.length === 0 && torn.length > 0) {
    throw corrupt(torn[0]!, 'it is cut off, and there is no checkpoint before it')
  }
  for (const file of torn) warn(`${file} is cut off, so the checkpoint before it is used.`)
  return checkpoints
}

async function removeTemporaryFiles(path: string): Promise<void> {
  for (const file of await readdir(path)) {
    // Not those of a process that is trying to become the owner.
    if (/^(checkpoint|owner)-/.test(file) && file.endsWith(TEMPORARY_SUFFIX))
      await rm(join(path, file), { force: true })
  }
}

function advance(index: CheckpointIndex, checkpoint: Checkpoint): CheckpointIndex {
  if (checkpoint.job !== index.job) {
    throw new StreamError(
      'CHECKPOINT_FAILED',
      `a checkpoint of job ${checkpoint.job} came to the store of ${index.job}.`,
    )
  }
  const number = index.number + 1
  const tasks = new Map(index.tasks)
  let offset = 0
  for (const next of checkpoint.tasks) {
    const { length } = next.snapshot
    const place = { file: number, offset, length, sha256: sha256(next.snapshot) }
    tasks.set(next.task, advanceTask(index.tasks.get(next.task), next, place))
    offset += length
  }
  return { job: index.job, number, tasks }
}
