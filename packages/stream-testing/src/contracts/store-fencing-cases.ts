import { deepStrictEqual, ok, strictEqual } from 'node:assert'
import type { Position, TaskCheckpoint } from '@rtp/stream-core/extend'
import { rejects } from './contract-case.ts'
import { acquireOne, after, contentOf, following, type OpenedStores } from './opened-stores.ts'

export async function raisesEpochs(stores: OpenedStores): Promise<void> {
  let store = await stores.open()
  let last = (await acquireOne(store)).epoch
  for (let i = 0; i < 6; i++) {
    if (i % 2 === 1) {
      await stores.close(store)
      store = await stores.open()
    }
    const { epoch } = await acquireOne(store)
    ok(epoch > last, `epoch ${epoch} follows ${last}; it must be higher, also without a commit in between`)
    last = epoch
  }
}

export async function refusesFormerOwner(stores: OpenedStores): Promise<void> {
  const store = await stores.open()
  const former = await acquireOne(store)
  const owner = await acquireOne(store)
  await rejects(stores.commit(store, following(former)), 'FENCED', "a former owner's checkpoint")
  const next = following(owner)
  await stores.commit(store, next)
  await rejects(stores.commit(store, following(former)), 'FENCED', "a former owner's checkpoint")
  const late = following(after(owner, next), { epoch: former.epoch })
  await rejects(stores.commit(store, late), 'FENCED', "a former owner's checkpoint with the right sequence")
  deepStrictEqual(contentOf(await acquireOne(store)), contentOf(after(owner, next)))
}

export async function refusesUnacquired(stores: OpenedStores): Promise<void> {
  const store = await stores.open()
  const { epoch } = await acquireOne(store)
  const stranger = { task: 'stranger', epoch, sequence: 0, positions: new Map(), layout: undefined, snapshots: [] }
  await rejects(stores.commit(store, following(stranger)), 'FENCED', 'a checkpoint of a task that nobody acquired')
}

export async function refusesWrongSequence(stores: OpenedStores): Promise<void> {
  const store = await stores.open()
  const stored = await acquireOne(store)
  const first = following(stored)
  await stores.commit(store, first)
  await rejects(stores.commit(store, first), 'FENCED', 'the same checkpoint for the second time')
  const second = following(after(stored, first))
  for (const sequence of [0, 1, 3, 10]) {
    await rejects(stores.commit(store, { ...second, sequence }), 'FENCED', `sequence ${sequence} after 1`)
  }
  deepStrictEqual(contentOf(await acquireOne(store)), contentOf(after(stored, first)))
}

export async function refusesWrongPrevious(stores: OpenedStores): Promise<void> {
  const store = await stores.open()
  const stored = await acquireOne(store)
  const positions = new Map<string, Position>([
    ['readings/0', 10],
    ['files/0', { offset: 5, line: 1 }],
  ])
  const first = following(stored, { positions })
  const gap = following(stored, { previous: new Map([['readings/0', 1]]) })
  await rejects(stores.commit(store, gap), 'FENCED', 'previous positions where none are stored')
  await stores.commit(store, first)
  const second = following(after(stored, first))
  const wrong: [string, Position | undefined][] = [
    ['readings/0', 11],
    ['readings/0', undefined],
    ['files/0', { offset: 6, line: 1 }],
    ['files/0', 5],
    ['more/0', 0],
  ]
  for (const [partition, position] of wrong) {
    const previous = new Map(positions)
    if (position === undefined) previous.delete(partition)
    else previous.set(partition, position)
    const what = `previous position ${JSON.stringify(position)} of ${partition}`
    await rejects(stores.commit(store, { ...second, previous }), 'FENCED', what)
  }
  await stores.commit(store, second)
}

export async function recovers(stores: OpenedStores): Promise<void> {
  const store = await stores.open()
  let stored = await acquireOne(store)
  for (let i = 0; i < 3; i++) {
    const next = following(stored)
    await rejects(stores.commit(store, { ...next, sequence: next.sequence + 1 }), 'FENCED', 'a sequence too high')
    await stores.commit(store, next)
    stored = after(stored, next)
  }
  deepStrictEqual(contentOf(await acquireOne(store)), contentOf(stored))
}

export async function commitsAtomically(stores: OpenedStores): Promise<void> {
  const store = await stores.open()
  const tasks = await store.acquire(['a', 'b', 'c'])
  for (const wrong of tasks.keys()) {
    const steps = tasks.map((task, i): TaskCheckpoint => following(task, i === wrong ? { sequence: 7 } : {}))
    await rejects(stores.commit(store, ...steps), 'FENCED', 'a checkpoint with one task that is wrong')
  }
  await stores.commit(store, ...tasks.map(task => following(task)))
  deepStrictEqual(
    (await store.acquire(['a', 'b', 'c'])).map(({ sequence }) => sequence),
    [1, 1, 1],
  )
}

export async function acquiresAtOnce(stores: OpenedStores): Promise<void> {
  const store = await stores.open()
  const owners = (await Promise.all(Array.from({ length: 8 }, () => store.acquire(['0', '1'])))).map(([task]) => task!)
  const epochs = owners.map(({ epoch }) => epoch)
  strictEqual(new Set(epochs).size, epochs.length, `owners share an epoch: ${epochs.join(', ')}`)
  const highest = Math.max(...epochs)
  for (const owner of owners) {
    const commit = stores.commit(store, following(owner))
    if (owner.epoch === highest) await commit
    else await rejects(commit, 'FENCED', `the owner with epoch ${owner.epoch} of ${highest}`)
  }
}

export async function handsOver(stores: OpenedStores): Promise<void> {
  const former = await stores.open()
  const stored = await acquireOne(former)
  const first = following(stored)
  await stores.commit(former, first)
  const heir = await stores.open()
  const taken = await acquireOne(heir)
  deepStrictEqual(contentOf(taken), contentOf(after(stored, first)))
  await rejects(stores.commit(former, following(after(stored, first))), 'FENCED', "the former process's checkpoint")
  await stores.commit(heir, following(taken))
  // The former process may still have tasks of its own.
  await stores.commit(former, following(await acquireOne(former, '1')))
}

export async function refusesSecondProcess(stores: OpenedStores): Promise<void> {
  const first = await stores.open()
  await rejects(stores.open(), 'CHECKPOINT_LOCKED', 'a second process')
  await stores.commit(first, following(await acquireOne(first)))
  await stores.close(first)
  strictEqual((await acquireOne(await stores.open())).sequence, 1)
}
