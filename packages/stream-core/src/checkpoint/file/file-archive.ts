import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { unknownCheckpoint } from '../archive-errors.ts'
import type {
  CheckpointArchive,
  KeptCheckpoint,
  PutOptions,
  SavedCheckpoint,
  SavedTask,
} from '../checkpoint-archive.ts'
import { type CheckpointIndex, readIndex } from './checkpoint-file.ts'
import { diskError, errorCode } from './durable-write.ts'
import { checkpointNumbers, checkpointPath, folderName, neededFiles, readSnapshots } from './job-folder-files.ts'

type Put = (job: string, tasks: readonly SavedTask[], options: PutOptions) => Promise<number>

/** Reads the files beside the process that owns them, which is never disturbed; `put` needs to be the owner, and is the folder's business. */
export function fileArchive(directory: string, put: Put): CheckpointArchive {
  const pathOf = (job: string) => join(directory, folderName(job))
  return {
    async list(job) {
      const indexes = await restorable(pathOf(job))
      return Promise.all(indexes.map(index => keptCheckpoint(pathOf(job), index)))
    },
    async read(job, number) {
      const indexes = await restorable(pathOf(job))
      const index = number === undefined ? indexes[0] : indexes.find(one => one.number === number)
      if (index === undefined)
        throw unknownCheckpoint(
          job,
          number,
          indexes.map(one => one.number),
        )
      return savedCheckpoint(pathOf(job), index)
    },
    put: (job, tasks, options = {}) => put(job, tasks, options),
  }
}

/** Latest first. A file without those that it needs only serves later ones. */
async function restorable(path: string): Promise<CheckpointIndex[]> {
  const numbers = await checkpointNumbers(path).catch((cause: unknown) => {
    if (errorCode(cause) === 'ENOENT') return []
    throw diskError(path, cause)
  })
  const present = new Set(numbers)
  const indexes: CheckpointIndex[] = []
  for (const number of numbers) {
    // One that retention has taken meanwhile, or that is damaged, can be restored by nobody; that the last one is damaged must be said.
    const index = await readIndex(checkpointPath(path, number)).catch((cause: unknown) => {
      if (indexes.length === 0 && number === numbers[0]) throw cause
      return 'torn' as const
    })
    if (index !== 'torn' && [...neededFiles(index)].every(file => present.has(file))) indexes.push(index)
  }
  return indexes
}

/** Tasks that were taken over and have never committed hold nothing. */
function committedTasks(index: CheckpointIndex) {
  return [...index.tasks].filter(([, { sequence }]) => sequence > 0)
}

async function keptCheckpoint(path: string, index: CheckpointIndex): Promise<KeptCheckpoint> {
  const tasks = committedTasks(index).map(([task, { snapshots, ...stored }]) => ({
    ...stored,
    task,
    layout: stored.layout,
    stateBytes: snapshots.reduce((sum, { length }) => sum + length, 0),
  }))
  return { number: index.number, committedAt: await writtenAt(path, index), tasks }
}

async function savedCheckpoint(path: string, index: CheckpointIndex): Promise<SavedCheckpoint> {
  const tasks: SavedTask[] = []
  for (const [task, { snapshots, ...stored }] of committedTasks(index))
    tasks.push({ ...stored, task, layout: stored.layout, snapshots: await readSnapshots(path, snapshots) })
  return { job: index.job, number: index.number, committedAt: await writtenAt(path, index), tasks }
}

async function writtenAt(path: string, { number }: CheckpointIndex): Promise<number> {
  const file = checkpointPath(path, number)
  const { mtimeMs } = await stat(file).catch((cause: unknown) => {
    throw diskError(file, cause)
  })
  return Math.round(mtimeMs)
}
