import type { RestoredTask } from '@rtp/stream-core/extend'
import { describe, expect, test } from 'vitest'
import { checkpointMigrations } from '../../src/checkpoints/checkpoint-tables.ts'
import { sharedDatabase } from '../database.ts'
import { checkpointOf, nextCheckpoint } from './checkpoint-of.ts'

const database = sharedDatabase()
const job = 'counts'
const context = { job, signal: new AbortController().signal }

describe('kept checkpoints', () => {
  test('of a database from before there were any: its last checkpoints are kept from now on, and jobs go on from them', async () => {
    const { db, sql } = database()
    await db.migrate(checkpointMigrations('older').slice(0, 1), { schema: 'older', set: 'checkpoints' })
    await sql(`INSERT INTO older.checkpoint_tasks VALUES
      ('counts', '0', 7, 5, '[["readings/0",50]]', '{"mode":"perPartition","partitions":{"readings":4}}', now()),
      ('counts', '1', 2, 0, '[]', NULL, now())`)
    await sql(`INSERT INTO older.checkpoint_snapshots VALUES
      ('counts', '0', 4, 7, 0, true, 'whole'), ('counts', '0', 5, 7, 0, false, 'changes')`)
    const store = db.checkpoints({ schema: 'older' })
    await db.migrate(checkpointMigrations('older').slice(0, 2), { schema: 'older', set: 'checkpoints' })
    const { tasks: read } = await store.archive!.read(job)
    expect(read.map(textsOf)).toEqual([{ sequence: 5, snapshots: ['whole', 'changes'] }])
    await store.open(context)
    try {
      const tasks = await store.acquire(['0', '1'])
      expect(tasks.map(textsOf)).toEqual([
        { sequence: 5, snapshots: ['whole', 'changes'] },
        { sequence: 0, snapshots: [] },
      ])
      const kept = await store.archive!.list(job)
      expect(kept.map(({ tasks }) => tasks.map(({ task, sequence }) => [task, sequence]))).toEqual([[['0', 5]]])
      const next = tasks.map((task, i) =>
        nextCheckpoint(
          task,
          { [`readings/${i}`]: 60 },
          {
            snapshot: Buffer.from(`more of ${i}`),
            needs: task.snapshots.length,
          },
        ),
      )
      await store.commit(checkpointOf(job, ...next), [])
      expect((await store.acquire(['0', '1'])).map(textsOf)).toEqual([
        { sequence: 6, snapshots: ['whole', 'changes', 'more of 0'] },
        { sequence: 1, snapshots: ['more of 1'] },
      ])
      expect((await store.archive!.list(job)).map(({ tasks }) => tasks.map(({ sequence }) => sequence))).toEqual([
        [6, 1],
        [5],
      ])
    } finally {
      await store.close()
    }
  })

  test('are looked for without making anything in the database', async () => {
    const { db, one } = database()
    expect(await db.checkpoints({ schema: 'mistyped' }).archive!.list(job)).toEqual([])
    expect(await one(`SELECT count(*)::int FROM pg_namespace WHERE nspname = 'mistyped'`)).toBe(0)
  })

  test('leave nothing behind that none of them needs', async () => {
    const { db, one } = database()
    const store = db.checkpoints({ schema: 'bounded', keep: 2 })
    await store.open(context)
    try {
      let [task] = (await store.acquire(['0'])) as [RestoredTask]
      for (let i = 0; i < 40; i++) {
        const next = nextCheckpoint(task, { 'readings/0': i }, { needs: i % 5 })
        await store.commit(checkpointOf(job, next), [])
        task = { ...task, ...next }
      }
      expect(await one('SELECT count(*)::int FROM bounded.checkpoints_kept')).toBeLessThanOrEqual(5)
      expect(await one('SELECT count(*)::int FROM bounded.checkpoint_snapshots')).toBeLessThanOrEqual(10)
    } finally {
      await store.close()
    }
  })

  test('are at least one', () => {
    const { db } = database()
    for (const keep of [0, -1, 1.5]) expect(() => db.checkpoints({ keep })).toThrow('keep is the number of checkpoints')
  })

  test('go back on a raised epoch for every task, whether or not it is in what is put back', async () => {
    const { db, sql } = database()
    const store = db.checkpoints({ schema: 'raised' })
    await store.open(context)
    try {
      const tasks = await store.acquire(['0', '1', '2'])
      await store.commit(checkpointOf(job, nextCheckpoint(tasks[0]!, { 'readings/0': 1 })), [])
      await store.archive!.put(job, (await store.archive!.read(job)).tasks, { replace: true })
      expect(await sql('SELECT task, epoch::int FROM raised.checkpoint_tasks ORDER BY task')).toEqual([
        { task: '0', epoch: 2 },
        { task: '1', epoch: 2 },
        { task: '2', epoch: 2 },
      ])
    } finally {
      await store.close()
    }
  })
})

function textsOf({ sequence, snapshots }: RestoredTask) {
  return { sequence, snapshots: snapshots.map(bytes => Buffer.from(bytes).toString()) }
}
