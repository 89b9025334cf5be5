import { deepStrictEqual, ok, strictEqual } from 'node:assert'
import type {
  CheckpointStore,
  Position,
  RestoredTask,
  SealedOutput,
  TaskCheckpoint,
  TaskLayout,
} from '@rtp/stream-core/extend'
import { rejects } from './contract-case.ts'
import { acquireOne, after, contentOf, following, type OpenedStores } from './opened-stores.ts'

export async function makesUnknownTasks(stores: OpenedStores): Promise<void> {
  const task = await acquireOne(await stores.open(), 'new')
  ok(task.epoch > 0, `the first epoch must be above 0, it is ${task.epoch}`)
  deepStrictEqual(contentOf(task), { task: 'new', sequence: 0, positions: [], layout: undefined, snapshots: [] })
}

export async function keepsOrder(stores: OpenedStores): Promise<void> {
  const store = await stores.open()
  await store.acquire(['1', '0'])
  const tasks = await store.acquire(['3', '0', '10', '1', '2'])
  deepStrictEqual(
    tasks.map(({ task }) => task),
    ['3', '0', '10', '1', '2'],
  )
  deepStrictEqual(await store.acquire([]), [])
}

export async function givesBackEverything(stores: OpenedStores): Promise<void> {
  const store = await stores.open()
  const positions = new Map<string, Position>([
    ['kafka telemetry.v0/0', 0],
    ['kafka telemetry.v0/1', Number.MAX_SAFE_INTEGER],
    ['files/0', { file: 'a "quoted"/\\ ✓ \u{1f600}.csv', offset: 2 ** 40, line: 3 }],
    ['', { empty: '' }],
  ])
  const layout: TaskLayout = { mode: 'perPartition', partitions: { 'kafka telemetry.v0': 2, files: 1 } }
  const snapshots = [Uint8Array.from({ length: 300_000 }, (_, i) => (i * 7919) >>> 3), new Uint8Array()]
  let stored = await acquireOne(store, 'täsk "0"')
  for (const snapshot of snapshots) {
    const next = following(stored, { positions, layout, snapshot })
    await stores.commit(store, next)
    stored = after(stored, next)
  }
  deepStrictEqual(contentOf(await acquireOne(store, 'täsk "0"')), contentOf(stored))
}

export async function keepsChain(stores: OpenedStores): Promise<void> {
  const store = await stores.open()
  let stored = await acquireOne(store)
  for (const full of [true, false, false, true, false, true, true, false]) {
    stored = await commitAndAcquire(stores, store, following(stored, full ? { needs: 0 } : {}), stored)
  }
}

export async function dropsWhatIsNotNeeded(stores: OpenedStores): Promise<void> {
  const store = await stores.open()
  let stored = await acquireOne(store)
  for (const needs of [0, 1, 2, 3, 2, 3, 1, 0, 1, 1, 2]) {
    stored = await commitAndAcquire(stores, store, following(stored, { needs }), stored)
    strictEqual(stored.snapshots.length, needs + 1)
  }
  const tooMany = following(stored, { needs: stored.snapshots.length + 1 })
  await rejects(stores.commit(store, tooMany), 'any', 'a snapshot that needs more before it than there are')
}

/** Commits, and checks that the next owner is given what should be there. */
async function commitAndAcquire(
  stores: OpenedStores,
  store: CheckpointStore,
  next: TaskCheckpoint,
  stored: RestoredTask,
): Promise<RestoredTask> {
  await stores.commit(store, next)
  const restored = await acquireOne(store)
  deepStrictEqual(contentOf(restored), contentOf(after(stored, next)))
  return restored
}

export async function replacesPositions(stores: OpenedStores): Promise<void> {
  const store = await stores.open()
  const stored = await acquireOne(store)
  const first = following(stored, {
    positions: new Map([
      ['a/0', 1],
      ['a/1', 1],
    ]),
  })
  await stores.commit(store, first)
  const layout: TaskLayout = { mode: 'single', partitions: {} }
  const second = following(after(stored, first), { positions: new Map([['a/1', 2]]), layout })
  await stores.commit(store, second)
  deepStrictEqual(contentOf(await acquireOne(store)), contentOf(after(after(stored, first), second)))
}

export async function leavesOthers(stores: OpenedStores): Promise<void> {
  const store = await stores.open()
  let [moving, resting] = await acquireTwo(store)
  const both = [following(moving), following(resting)] as const
  await stores.commit(store, ...both)
  moving = after(moving, both[0])
  resting = after(resting, both[1])
  for (let i = 0; i < 3; i++) {
    const next = following(moving)
    await stores.commit(store, next)
    moving = after(moving, next)
  }
  deepStrictEqual((await store.acquire(['resting', 'moving'])).map(contentOf), [resting, moving].map(contentOf))
}

export async function keepsJobsApart(stores: OpenedStores): Promise<void> {
  const first = await stores.open()
  const next = following(await acquireOne(first))
  await stores.commit(first, next)
  await stores.close(first)
  const other = await stores.open(`${stores.job} other`)
  strictEqual((await acquireOne(other)).sequence, 0)
  await stores.close(other)
  strictEqual((await acquireOne(await stores.open())).sequence, 1)
}

export async function survivesReopening(stores: OpenedStores): Promise<void> {
  let stored: RestoredTask | undefined
  for (let i = 0; i < 3; i++) {
    const store = await stores.open()
    const restored = await acquireOne(store)
    if (stored !== undefined) deepStrictEqual(contentOf(restored), contentOf(stored))
    const next = following(restored)
    await stores.commit(store, next)
    stored = after(restored, next)
    await stores.close(store)
  }
}

export async function joinsOutputs(stores: OpenedStores): Promise<void> {
  const store = await stores.open()
  const stored = await acquireOne(store)
  const next = following(stored)
  const calls: string[] = []
  const output = (name: string, error?: Error): SealedOutput => ({
    records: 1,
    bytes: 1,
    flush: async () => void calls.push(`${name} flushed`),
    join: async () => {
      calls.push(`${name} joined`)
      if (error !== undefined) throw error
    },
  })
  const commit = (...outputs: SealedOutput[]) => store.commit({ job: stores.job, tasks: [next] }, outputs)
  if (store.scope === undefined) {
    await rejects(commit(output('a')), 'any', 'an output without a transaction to join')
    deepStrictEqual(calls, [])
  } else {
    await rejects(commit(output('a'), output('b', new Error('no'))), 'any', 'a commit with an output that fails')
    strictEqual((await acquireOne(store)).sequence, 0)
    calls.length = 0
    const again = following(await acquireOne(store))
    await store.commit({ job: stores.job, tasks: [again] }, [output('a'), output('b')])
    deepStrictEqual(calls.sort(), ['a joined', 'b joined'])
  }
}

async function acquireTwo(store: CheckpointStore) {
  const [moving, resting] = await store.acquire(['moving', 'resting'])
  if (moving === undefined || resting === undefined) throw new Error('acquire returned too few tasks.')
  return [moving, resting] as const
}
