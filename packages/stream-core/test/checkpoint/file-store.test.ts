import { mkdtemp, readdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { CheckpointStore, RestoredTask } from '../../src/checkpoint/checkpoint-store.ts'
import { type FileStoreOptions, fileCheckpointStore } from '../../src/checkpoint/file-store.ts'
import type { SealedOutput } from '../../src/connectors/sink.ts'
import { silentLogger } from '../../src/metrics/logger.ts'
import { after, checkpointOf, following } from './steps.ts'

let directory: string
let warnings: string[]
const opened: CheckpointStore[] = []
const job = 'counts of readings'

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'rtp-checkpoints-'))
  warnings = []
})

afterEach(async () => {
  for (const store of opened.splice(0)) await store.close()
  await rm(directory, { recursive: true, force: true })
})

async function openStore(options: Partial<FileStoreOptions> = {}): Promise<CheckpointStore> {
  const logger = { ...silentLogger, warn: (message: string) => void warnings.push(message) }
  const store = fileCheckpointStore({ directory, logger, ...options })
  await store.open({ job, signal: new AbortController().signal })
  opened.push(store)
  return store
}

async function close(store: CheckpointStore): Promise<void> {
  opened.splice(opened.indexOf(store), 1)
  await store.close()
}

async function acquire(store: CheckpointStore, task = '0'): Promise<RestoredTask> {
  return (await store.acquire([task]))[0]!
}

/** Commits `count` checkpoints of task 0 and closes; the result is what the next owner should get, but for the epoch. */
async function writeCheckpoints(count: number, options: Partial<FileStoreOptions> = {}): Promise<RestoredTask[]> {
  const store = await openStore(options)
  const states = [await acquire(store)]
  for (let i = 0; i < count; i++) {
    const last = states.at(-1)!
    const next = following(last)
    await store.commit(checkpointOf(job, next), [])
    states.push(after(last, next))
  }
  await close(store)
  return states
}

async function folder(): Promise<string> {
  return join(directory, (await readdir(directory))[0]!)
}

async function checkpointFiles(): Promise<string[]> {
  const path = await folder()
  const files = (await readdir(path)).filter(file => file.startsWith('checkpoint-')).sort()
  return files.map(file => join(path, file))
}

async function restored(): Promise<RestoredTask> {
  const store = await openStore()
  try {
    return await acquire(store)
  } finally {
    await close(store)
  }
}

async function flipBit(file: string, at: number): Promise<void> {
  const bytes = await readFile(file)
  bytes[at]! ^= 1
  await writeFile(file, bytes)
}

function withoutEpoch({ epoch: _, ...task }: RestoredTask) {
  return { ...task, snapshots: task.snapshots.map(bytes => [...bytes]) }
}

describe('fileCheckpointStore', () => {
  it('hands the last checkpoint to the next process: a full snapshot and the changes since', async () => {
    const states = await writeCheckpoints(7)
    const task = await restored()
    expect(withoutEpoch(task)).toEqual(withoutEpoch(states.at(-1)!))
    expect(task.snapshots.map(bytes => bytes[0])).toEqual([5, 6, 7])
  })

  it('raises the epoch with every owner, even one that never commits', async () => {
    const epochs = [(await restored()).epoch, (await restored()).epoch, (await restored()).epoch]
    expect(epochs).toEqual([1, 2, 3])
  })

  it('writes a snapshot once, and keeps a file as long as a kept checkpoint needs it', async () => {
    const store = await openStore({ keep: 2 })
    let [moving, resting] = (await store.acquire(['moving', 'resting'])) as [RestoredTask, RestoredTask]
    const rests = following(resting, { snapshot: new Uint8Array(100_000).fill(7) })
    await store.commit(checkpointOf(job, rests), [])
    resting = after(resting, rests)
    for (let i = 0; i < 9; i++) {
      const next = following(moving)
      await store.commit(checkpointOf(job, next), [])
      moving = after(moving, next)
    }
    const files = await checkpointFiles()
    // The resting task's, the last full one (9) and its predecessor with all that it needs (5 to 8): sequence s is in file s + 1.
    expect(files.map(file => Number(/(\d+)\.bin/.exec(file)?.[1]))).toEqual([1, 6, 7, 8, 9, 10])
    const sizes = await Promise.all(files.map(async file => (await readFile(file)).length))
    expect(Math.max(...sizes.slice(1))).toBeLessThan(2_000)
    await close(store)
    const again = await openStore()
    const tasks = await again.acquire(['resting', 'moving'])
    expect(tasks.map(withoutEpoch)).toEqual([withoutEpoch(resting), withoutEpoch(moving)])
  })

  it('passes over a last file that is cut off anywhere, and says so', async () => {
    const states = await writeCheckpoints(3)
    const last = (await checkpointFiles()).at(-1)!
    const { length } = await readFile(last)
    for (const size of [length - 1, Math.floor(length / 2), 47, 0]) {
      await truncate(last, size)
      warnings = []
      expect(withoutEpoch(await restored())).toEqual(withoutEpoch(states[2]!))
      expect(warnings).toEqual([expect.stringContaining(last)])
    }
    const store = await openStore()
    const next = following(await acquire(store))
    await store.commit(checkpointOf(job, next), [])
    await close(store)
    warnings = []
    expect((await restored()).sequence).toBe(3)
    expect(warnings).toEqual([])
  })

  it('is an error when the only checkpoint is cut off: the job would begin anew without a word', async () => {
    await writeCheckpoints(1)
    const [file] = await checkpointFiles()
    await truncate(file!, 60)
    await expect(openStore()).rejects.toMatchObject({
      code: 'CHECKPOINT_CORRUPT',
      message: expect.stringContaining(file!),
    })
  })

  it('takes no notice of a file that a crash left half written, and clears it away', async () => {
    const states = await writeCheckpoints(2)
    const files = await checkpointFiles()
    const left = files[0]!.replace('1.bin', '3.bin.tmp')
    await writeFile(left, (await readFile(files[1]!)).subarray(0, 70))
    expect(withoutEpoch(await restored())).toEqual(withoutEpoch(states[2]!))
    expect(await checkpointFiles()).toEqual(files)
    expect(warnings).toEqual([])
  })

  it('names a last file that is damaged, and does not go back to the one before unasked', async () => {
    const states = await writeCheckpoints(2)
    const last = (await checkpointFiles()).at(-1)!
    await flipBit(last, 100)
    await expect(openStore()).rejects.toMatchObject({
      code: 'CHECKPOINT_CORRUPT',
      message: expect.stringContaining(last),
    })
    await rm(last)
    expect(withoutEpoch(await restored())).toEqual(withoutEpoch(states[1]!))
  })

  it('names the earlier file when the state in it is damaged or gone', async () => {
    await writeCheckpoints(3)
    const [first] = await checkpointFiles()
    await flipBit(first!, (await readFile(first!)).length - 1)
    await expect(restored()).rejects.toMatchObject({
      code: 'CHECKPOINT_CORRUPT',
      message: expect.stringContaining(first!),
    })
    await rm(first!)
    await expect(restored()).rejects.toMatchObject({
      code: 'CHECKPOINT_CORRUPT',
      message: expect.stringContaining(first!),
    })
  })

  it('refuses a file of a later version, instead of going back to the one before', async () => {
    await writeCheckpoints(2)
    const last = (await checkpointFiles()).at(-1)!
    const bytes = await readFile(last)
    bytes.writeUInt32BE(2, 8)
    await writeFile(last, bytes)
    await expect(restored()).rejects.toMatchObject({ code: 'CHECKPOINT_NEWER_VERSION' })
  })

  // /dev/full stands in for a full disk; other systems have none.
  it.skipIf(process.platform !== 'linux')(
    'says that the disk is full, keeps the last checkpoint, and takes the same one again when there is room',
    async () => {
      const store = await openStore()
      const task = await acquire(store)
      const first = following(task)
      await store.commit(checkpointOf(job, first), [])
      const second = following(after(task, first))
      const temporary = (await checkpointFiles())[0]!.replace('1.bin', '2.bin.tmp')
      await symlink('/dev/full', temporary)
      const failed = store.commit(checkpointOf(job, second), [])
      await expect(failed).rejects.toMatchObject({
        code: 'CHECKPOINT_FAILED',
        retryable: true,
        message: expect.stringContaining('the disk is full'),
      })
      expect(await checkpointFiles()).toHaveLength(1)
      await store.commit(checkpointOf(job, second), [])
      await close(store)
      expect((await restored()).sequence).toBe(2)
    },
  )

  it('commits in the order in which it was asked to, without waiting in between', async () => {
    const store = await openStore()
    let task = await acquire(store)
    const commits: Promise<void>[] = []
    for (let i = 0; i < 10; i++) {
      const next = following(task)
      commits.push(store.commit(checkpointOf(job, next), []))
      task = after(task, next)
    }
    await Promise.all(commits)
    await close(store)
    expect(withoutEpoch(await restored())).toEqual(withoutEpoch(task))
  })

  it('gives each job a folder of its own, whatever its name', async () => {
    const names = ['a/b', 'a_b', '..', 'A'.repeat(300)]
    const stores = names.map(() => fileCheckpointStore({ directory }))
    await Promise.all(stores.map((store, i) => store.open({ job: names[i]!, signal: new AbortController().signal })))
    await Promise.all(stores.map(store => store.close()))
    expect(await readdir(directory)).toHaveLength(4)
  })

  it('refuses outputs, since it has no transaction that they could join', async () => {
    const store = await openStore()
    const output: SealedOutput = { records: 1, bytes: 1, flush: async () => {} }
    const commit = store.commit(checkpointOf(job, following(await acquire(store))), [output])
    await expect(commit).rejects.toMatchObject({ code: 'CHECKPOINT_FAILED' })
  })
})
