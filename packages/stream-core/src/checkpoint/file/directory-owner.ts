import { randomUUID } from 'node:crypto'
import { link, readdir, readFile, rm } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { threadId } from 'node:worker_threads'
import { StreamError } from '../../errors.ts'
import { isDeadThread } from './dead-threads.ts'
import { diskError, errorCode, writeDurably, writeSynced } from './durable-write.ts'
import { processStart } from './process-start.ts'

/**
 * The one owner of a checkpoint directory. Each owner leaves a file `owner-<n>.json` with a number of its own; the highest one counts. Numbers
 * only grow, and a new one is made by an exclusive link, so of two processes that see the same dead owner one succeeds it.
 */
export class DirectoryOwner {
  readonly #directory: string
  readonly #number: number
  #record: OwnerRecord

  private constructor(directory: string, number: number, record: OwnerRecord) {
    this.#directory = directory
    this.#number = number
    this.#record = record
  }

  /** Throws CHECKPOINT_LOCKED while another owner lives, in this process or another. */
  static async take(directory: string): Promise<DirectoryOwner> {
    try {
      return await takeOver(directory, (number, record) => new DirectoryOwner(directory, number, record))
    } catch (cause) {
      throw diskError(directory, cause)
    }
  }

  /** Highest epoch that was ever given out for a task. */
  epochOf(task: string): number {
    return this.#record.epochs[task] ?? 0
  }

  /** Remembers epochs beyond the end of this process. */
  async giveEpochs(epochs: ReadonlyMap<string, number>): Promise<void> {
    this.#record = { ...this.#record, epochs: { ...this.#record.epochs, ...Object.fromEntries(epochs) } }
    await this.#write()
  }

  /** Throws FENCED when another process owns the directory by now. */
  async check(): Promise<void> {
    const highest = await highestOwner(this.#directory)
    if (highest === this.#number) return
    throw new StreamError(
      'FENCED',
      `${this.#directory} has been taken over by another process (${ownerFile(highest)}). This one must stop.`,
    )
  }

  /** Lets the next owner in. Does nothing when there is one already, or when the directory is gone. */
  async release(): Promise<void> {
    const highest = await highestOwner(this.#directory).catch(cause => {
      if (errorCode(cause) === 'ENOENT') return undefined
      throw diskError(this.#directory, cause)
    })
    if (highest !== this.#number) return
    this.#record = { ...this.#record, released: true }
    await this.#write()
  }

  async #write(): Promise<void> {
    await writeDurably(join(this.#directory, ownerFile(this.#number)), [encode(this.#record)])
  }
}

interface OwnerRecord {
  readonly pid: number
  /** Tells a process from another one that got the same pid; undefined where the system does not say. */
  readonly start: string | undefined
  /** Of the worker thread, 0 of the main one; missing in records of earlier versions. */
  readonly thread?: number
  readonly host: string
  readonly released: boolean
  readonly epochs: { readonly [task: string]: number }
}

async function takeOver<R>(directory: string, owned: (number: number, record: OwnerRecord) => R): Promise<R> {
  const former = await highestOwner(directory)
  const last = former === 0 ? undefined : await readOwner(directory, former)
  if (last !== undefined && (await isAlive(last))) throw locked(directory, former, last)
  const record: OwnerRecord = {
    pid: process.pid,
    start: await processStart(process.pid),
    thread: threadId,
    host: hostname(),
    released: false,
    epochs: last?.epochs ?? {},
  }
  const number = former + 1
  await createExclusively(directory, number, record)
  // A process that was slow since it looked may have taken a number that others have left behind by now.
  const highest = await highestOwner(directory)
  if (highest !== number) {
    await rm(join(directory, ownerFile(number)), { force: true })
    throw lockedNow(directory)
  }
  await rm(join(directory, ownerFile(former)), { force: true })
  return owned(number, record)
}

async function createExclusively(directory: string, number: number, record: OwnerRecord): Promise<void> {
  const temporary = join(directory, `${randomUUID()}.tmp`)
  await writeSynced(temporary, [encode(record)])
  try {
    await link(temporary, join(directory, ownerFile(number)))
  } catch (cause) {
    throw errorCode(cause) === 'EEXIST' ? lockedNow(directory) : cause
  } finally {
    await rm(temporary, { force: true })
  }
}

async function highestOwner(directory: string): Promise<number> {
  let highest = 0
  for (const file of await readdir(directory)) {
    const number = OWNER_FILE.exec(file)?.[1]
    if (number !== undefined) highest = Math.max(highest, Number(number))
  }
  return highest
}

const OWNER_FILE = /^owner-(\d+)\.json$/

function ownerFile(number: number): string {
  return `owner-${number}.json`
}

function encode(record: OwnerRecord): Uint8Array {
  return Buffer.from(`${JSON.stringify(record)}\n`)
}

async function readOwner(directory: string, number: number): Promise<OwnerRecord | undefined> {
  const path = join(directory, ownerFile(number))
  try {
    return JSON.parse(await readFile(path, 'utf8')) as OwnerRecord
  } catch (cause) {
    if (errorCode(cause) === 'ENOENT') return undefined
    throw new StreamError(
      'CHECKPOINT_CORRUPT',
      `${path} does not say who owns the directory. If no other process uses it, delete that file.`,
      { cause },
    )
  }
}

async function isAlive(owner: OwnerRecord): Promise<boolean> {
  if (owner.released) return false
  // Nobody can ask another machine for its processes.
  if (owner.host !== hostname()) return true
  const start = await processStart(owner.pid)
  const isRunning = start !== undefined && (owner.start === undefined || owner.start === start)
  const isOurs = owner.pid === process.pid
  return isRunning && !(isOurs && owner.thread !== undefined && isDeadThread(owner.thread))
}

function locked(directory: string, number: number, { pid, host }: OwnerRecord): StreamError {
  const remedy =
    host === hostname()
      ? 'Stop that process, or give this one a checkpoint directory of its own.'
      : `Stop it there; if that machine or container is gone, delete ${ownerFile(number)}.`
  return new StreamError('CHECKPOINT_LOCKED', `${directory} is in use by process ${pid} on ${host}. ${remedy}`)
}

function lockedNow(directory: string): StreamError {
  return new StreamError(
    'CHECKPOINT_LOCKED',
    `${directory} was taken by another process at the same moment. Stop one of the two.`,
  )
}
