import type { CheckpointStore, RestoredTask, SealedOutput, SinkWriter } from '@rtp/stream-core/extend'
import { expect, onTestFinished, test } from 'vitest'
import { TAKE_OVERS } from '../../../../runs.preset.ts'
import { int8, type PostgresDatabase } from '../../src/index.ts'
import { testDatabase } from '../database.ts'
import { batchOf, sinkContext } from '../records.ts'
import { checkpointOf, nextCheckpoint } from './checkpoint-of.ts'

const OWNERS = 4

/** One process that owns the task now and then, and goes on believing so until the database tells it otherwise. */
class Owner {
  readonly #store: CheckpointStore
  readonly #items: SinkWriter<number>
  fenced = 0
  commits = 0

  constructor(store: CheckpointStore, items: SinkWriter<number>) {
    this.#store = store
    this.#items = items
  }

  static async open(db: PostgresDatabase): Promise<Owner> {
    const store = db.checkpoints()
    await store.open({ job: 'job', signal: new AbortController().signal })
    const items = await db.append('items', { id: int8<number>(id => id) }).open(sinkContext())
    onTestFinished(async () => {
      await items.close()
      await store.close()
    })
    return new Owner(store, items)
  }

  /** Takes the task over and writes on, row after row as in a partition, until somebody else has it. */
  async reign(stopAfter: () => boolean): Promise<void> {
    let [task] = (await this.#store.acquire(['t'])) as [RestoredTask]
    for (;;) {
      const from = Number(task.positions.get('p') ?? 0)
      const to = from + 1 + (this.commits % 3)
      const next = nextCheckpoint(task, { p: to })
      try {
        await this.#store.commit(checkpointOf('job', next), [this.#rows(from, to)])
        this.commits++
        task = { ...task, ...next }
      } catch (cause) {
        expect(cause).toMatchObject({ code: 'FENCED' })
        this.fenced++
        return
      }
      if (stopAfter()) return
    }
  }

  acquireAgain(): Promise<readonly RestoredTask[]> {
    return this.#store.acquire(['t'])
  }

  #rows(from: number, to: number): SealedOutput {
    this.#items.write(batchOf(Array.from({ length: to - from }, (_, i) => from + i)))
    return this.#items.seal()!
  }
}

test('loses and repeats nothing when owners take a task from each other all the time', async () => {
  const { db, sql } = await testDatabase()
  await sql('CREATE TABLE items (id int8)')
  const owners: Owner[] = []
  for (let i = 0; i < OWNERS; i++) owners.push(await Owner.open(db))

  let takeOvers = 0
  await Promise.all(
    owners.map(async owner => {
      while (takeOvers < TAKE_OVERS) {
        takeOvers++
        await owner.reign(() => takeOvers >= TAKE_OVERS)
      }
    }),
  )

  const sum = (of: (owner: Owner) => number) => owners.reduce((total, owner) => total + of(owner), 0)
  expect(sum(owner => owner.fenced)).toBeGreaterThan(TAKE_OVERS / 2)
  const [stored] = await owners[0]!.acquireAgain()
  expect(stored).toMatchObject({ sequence: sum(owner => owner.commits) })
  const end = Number(stored?.positions.get('p'))
  const [found] = await sql(
    'SELECT count(*)::int AS rows, count(DISTINCT id)::int AS ids, min(id)::int, max(id)::int FROM items',
  )
  expect(found).toEqual({ rows: end, ids: end, min: 0, max: end - 1 })
})
