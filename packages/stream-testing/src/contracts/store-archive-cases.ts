import { deepStrictEqual, ok, strictEqual } from 'node:assert'
import type {
  CheckpointArchive,
  CheckpointStore,
  KeptCheckpoint,
  RestoredTask,
  SavedCheckpoint,
  SavedTask,
} from '@rtp/stream-core/extend'
import { rejects } from './contract-case.ts'
import { acquireOne, after, contentOf, following, type OpenedStores } from './opened-stores.ts'

export async function listsKept(stores: OpenedStores, keeps: number): Promise<void> {
  const store = await stores.open()
  const archive = archiveOf(store)
  deepStrictEqual(await archive.list(stores.job), [])
  const states = await commits(
    stores,
    store,
    Array.from({ length: 3 * keeps + 5 }, () => true),
  )
  const kept = await archive.list(stores.job)
  ok(kept.length >= keeps, `${kept.length} checkpoints are kept, and should be ${keeps}`)
  ok(
    kept.length < 2 * keeps + 5,
    `${kept.length} checkpoints are kept of ${states.length}: retention must take older ones`,
  )
  deepStrictEqual(kept.map(sequencesOf), states.slice(-kept.length).reverse().map(sequenceOf))
  ok(isFalling(kept.map(({ number }) => number)), 'numbers must grow with every checkpoint')
  for (const [i, { tasks, committedAt }] of kept.entries()) {
    const stored = states.at(-1 - i)!
    const { epoch, positions, layout } = stored
    const bytes = stored.snapshots.reduce((sum, { length }) => sum + length, 0)
    deepStrictEqual(tasks, [{ task: '0', epoch, sequence: stored.sequence, positions, layout, stateBytes: bytes }])
    ok(Math.abs(Date.now() - committedAt) < 3_600_000, `committedAt is ${committedAt}, not now in epoch ms`)
  }
}

export async function readsKept(stores: OpenedStores): Promise<void> {
  const store = await stores.open()
  const states = await commits(stores, store, [true, false, false, false])
  await holds(archiveOf(store), stores.job, states)
}

export async function keepsChains(stores: OpenedStores, keeps: number): Promise<void> {
  const store = await stores.open()
  const full = [true, false, false, true, ...Array.from({ length: keeps }, () => false), true, false, true]
  let states: RestoredTask[] = []
  for (const one of full) {
    states = [...states, ...(await commits(stores, store, [one], states.at(-1)))]
    await holds(archiveOf(store), stores.job, states)
  }
  const { snapshots } = states.at(-1)!
  deepStrictEqual(
    (await acquireOne(store)).snapshots.map(bytes => [...bytes]),
    snapshots.map(bytes => [...bytes]),
  )
}

export async function readsTasksApart(stores: OpenedStores): Promise<void> {
  const store = await stores.open()
  const [resting] = await commits(stores, store, [true], undefined, 'resting')
  const [first] = await archiveOf(store).list(stores.job)
  deepStrictEqual(first && sequencesOf(first), [['resting', 1]])
  const moving = await commits(stores, store, [true, false], undefined, 'moving')
  const kept = await archiveOf(store).list(stores.job)
  deepStrictEqual(kept.slice(0, 2).map(sequencesOf), [
    [
      ['moving', 2],
      ['resting', 1],
    ],
    [
      ['moving', 1],
      ['resting', 1],
    ],
  ])
  const read = await archiveOf(store).read(stores.job, kept[1]!.number)
  deepStrictEqual(contentsOf(read.tasks), contentsOf([moving[0]!, resting!]))
  if (kept.length > 2) deepStrictEqual(sequencesOf(kept[2]!), [['resting', 1]])
}

export async function refusesUnknown(stores: OpenedStores): Promise<void> {
  const store = await stores.open()
  const archive = archiveOf(store)
  await acquireOne(store)
  await rejects(archive.read(stores.job), 'CHECKPOINT_UNKNOWN', 'a checkpoint of a job that has none')
  await commits(stores, store, [true])
  const [{ number }] = (await archive.list(stores.job)) as [KeptCheckpoint]
  await rejects(archive.read(stores.job, number + 1), 'CHECKPOINT_UNKNOWN', 'a checkpoint that is still to come')
  deepStrictEqual(await archive.list(`${stores.job} other`), [])
  await rejects(archive.read(`${stores.job} other`), 'CHECKPOINT_UNKNOWN', 'a checkpoint of an unknown job')
}

export async function leavesOwnerAlone(stores: OpenedStores): Promise<void> {
  const store = await stores.open()
  const [stored] = await commits(stores, store, [true])
  const archive = archiveOf(stores.place.store())
  strictEqual((await archive.list(stores.job)).length, 1)
  deepStrictEqual(contentsOf((await archive.read(stores.job)).tasks), contentsOf([stored!]))
  await stores.commit(store, following(stored!))
}

export async function goesBack(stores: OpenedStores): Promise<void> {
  const store = await stores.open()
  const states = await commits(stores, store, [true, false])
  await stores.close(store)
  const archive = archiveOf(store)
  const [last, before] = (await archive.list(stores.job)) as [KeptCheckpoint, KeptCheckpoint]
  const number = await archive.put(stores.job, (await archive.read(stores.job, before.number)).tasks, { replace: true })
  strictEqual((await archive.list(stores.job))[0]?.number, number)
  ok(number > last.number, `what was put back has number ${number}, and ${last.number} was before it`)
  const again = await stores.open()
  const restored = await acquireOne(again)
  deepStrictEqual(stateOf(restored), stateOf(states[0]!))
  ok(restored.epoch > states[1]!.epoch, 'putting back must raise the epoch')
  const later = (await archive.list(stores.job)).find(one => one.number === last.number)
  if (later !== undefined) {
    const read = await archive.read(stores.job, last.number)
    deepStrictEqual(read.tasks.map(stateOf), [stateOf(states[1]!)])
  }
  const [next] = await commits(stores, again, [false], restored)
  deepStrictEqual(stateOf(await acquireOne(again)), stateOf(next!))
}

export async function putsElsewhere(stores: OpenedStores): Promise<void> {
  const store = await stores.open()
  const states = await commits(stores, store, [true, false, false])
  const archive = archiveOf(store)
  const saved = await archive.read(stores.job)
  await stores.close(store)
  const copy = `${stores.job} copy`
  await archive.put(copy, saved.tasks)
  const other = await stores.open(copy)
  const [restored, extra] = (await other.acquire(['0', 'extra'])) as [RestoredTask, RestoredTask]
  deepStrictEqual(stateOf(restored), stateOf(states[2]!))
  await other.commit({ job: copy, tasks: [following(restored), following(extra)] }, [])
  await stores.close(other)
  await archive.put(copy, saved.tasks, { replace: true })
  const emptied = await acquireOne(await stores.open(copy), 'extra')
  deepStrictEqual(stateOf(emptied), { positions: [], layout: undefined, snapshots: [] })
}

export async function replacesOnlyWhenTold(stores: OpenedStores): Promise<void> {
  const store = await stores.open()
  const [stored] = await commits(stores, store, [true])
  const archive = archiveOf(store)
  const saved = await archive.read(stores.job)
  await stores.close(store)
  await rejects(archive.put(stores.job, saved.tasks), 'CHECKPOINT_EXISTS', 'state over state that is there')
  strictEqual((await archive.list(stores.job)).length, 1)
  const again = await acquireOne(await stores.open())
  deepStrictEqual(contentOf(again), contentOf(stored!))
}

export async function fencesOwner(stores: OpenedStores): Promise<void> {
  const store = await stores.open()
  const [first, second] = (await commits(stores, store, [true, false])) as [RestoredTask, RestoredTask]
  const archive = archiveOf(store)
  const number = (await archive.list(stores.job))[1]!.number
  await archive.put(stores.job, (await archive.read(stores.job, number)).tasks, { replace: true })
  await rejects(
    stores.commit(store, following(second)),
    'FENCED',
    "the owner's next checkpoint after the job was put back",
  )
  const restored = await acquireOne(store)
  deepStrictEqual(stateOf(restored), stateOf(first))
  const late = following(restored, { epoch: second.epoch })
  await rejects(stores.commit(store, late), 'FENCED', "the former owner's checkpoint with the right sequence")
}

export async function refusesOwned(stores: OpenedStores): Promise<void> {
  const store = await stores.open()
  const [stored] = await commits(stores, store, [true])
  const archive = archiveOf(stores.place.store())
  const saved = await archive.read(stores.job)
  const put = archive.put(stores.job, saved.tasks, { replace: true })
  await rejects(put, 'CHECKPOINT_LOCKED', 'putting back a job that a process owns')
  await stores.commit(store, following(stored!))
}

/** Commits one checkpoint of a task for each flag, and returns what the store should hold after each. */
async function commits(
  stores: OpenedStores,
  store: CheckpointStore,
  full: readonly boolean[],
  from?: RestoredTask,
  task = '0',
): Promise<RestoredTask[]> {
  const states: RestoredTask[] = []
  let stored = from ?? (await acquireOne(store, task))
  for (const one of full) {
    const next = following(stored, one ? { needs: 0 } : {})
    await stores.commit(store, next)
    stored = after(stored, next)
    states.push(stored)
  }
  return states
}

/** Every checkpoint that is listed can be read, and is what was committed. */
async function holds(archive: CheckpointArchive, job: string, states: readonly RestoredTask[]): Promise<void> {
  const kept = await archive.list(job)
  ok(kept.length > 0, 'the last checkpoint must be kept')
  strictEqual(kept[0]!.tasks[0]?.sequence, states.at(-1)?.sequence)
  for (const { number, tasks } of kept) {
    const read: SavedCheckpoint = await archive.read(job, number)
    strictEqual(read.number, number)
    strictEqual(read.job, job)
    deepStrictEqual(contentsOf(read.tasks), contentsOf([states[tasks[0]!.sequence - 1]!]))
  }
}

function archiveOf({ archive, name }: CheckpointStore): CheckpointArchive {
  ok(archive, `${name} has no archive`)
  return archive
}

function contentsOf(tasks: readonly (SavedTask | RestoredTask)[]) {
  return tasks.map(contentOf).sort((a, b) => (a.task < b.task ? -1 : 1))
}

/** What a task goes on from; the sequence is the store's business after it was put back. */
function stateOf(task: SavedTask | RestoredTask) {
  const { positions, layout, snapshots } = contentOf(task)
  return { positions, layout, snapshots }
}

function sequenceOf({ task, sequence }: RestoredTask) {
  return [[task, sequence]]
}

function sequencesOf({ tasks }: KeptCheckpoint) {
  return tasks.map(({ task, sequence }) => [task, sequence]).sort()
}

function isFalling(numbers: readonly number[]): boolean {
  return numbers.every((number, i) => i === 0 || number < numbers[i - 1]!)
}
