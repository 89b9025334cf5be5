import type { CheckpointStore, RestoredTask } from '@rtp/stream-core/extend'
import { expect, onTestFinished, test } from 'vitest'
import { float8, int4, int8, type PostgresDatabase, recordOffset, recordPartition } from '../../src/index.ts'
import { testDatabase } from '../database.ts'
import { batchOf, madeBatch, sinkContext } from '../records.ts'
import { checkpointOf, nextCheckpoint } from './checkpoint-of.ts'

interface Reading {
  readonly sensor: number
  readonly value: number
}

const TABLES = `
  CREATE TABLE raw (sensor bigint, value float8, part int, off bigint);
  CREATE TABLE sums (sensor bigint PRIMARY KEY, total float8)`

test('commits rows, upserts, state and positions together', async () => {
  const { db, sql } = await testDatabase()
  await sql(TABLES)
  const { raw, sums, store, task } = await opened(db)

  raw.write(
    batchOf(
      [
        { sensor: 1, value: 1.5 },
        { sensor: 2, value: 2.5 },
      ],
      { offset: 40 },
    ),
  )
  sums.write(madeBatch([{ sensor: 1, value: 7 }]))
  const checkpoint = nextCheckpoint(task, { 'readings/3': 42 }, { snapshot: Buffer.from('state'), needs: 0 })
  await store.commit(checkpointOf('job', checkpoint), [raw.seal()!, sums.seal()!])

  expect(await sql('SELECT * FROM raw ORDER BY off')).toEqual([
    { sensor: '1', value: 1.5, part: 3, off: '40' },
    { sensor: '2', value: 2.5, part: 3, off: '41' },
  ])
  expect(await sql('SELECT * FROM sums')).toEqual([{ sensor: '1', total: 7 }])
  const [restored] = await store.acquire(['t'])
  expect(restored).toMatchObject({ sequence: 1, positions: new Map([['readings/3', 42]]), epoch: task.epoch + 1 })
  expect(Buffer.from(restored!.snapshots[0]!).toString()).toBe('state')
})

test('writes nothing at all when the task was taken over', async () => {
  const { db, sql } = await testDatabase()
  await sql(TABLES)
  const { raw, sums, store, task } = await opened(db)
  const heir = db.checkpoints()
  await heir.open({ job: 'job', signal: new AbortController().signal })
  onTestFinished(() => heir.close())
  await heir.acquire(['t'])

  raw.write(batchOf([{ sensor: 1, value: 1.5 }]))
  sums.write(madeBatch([{ sensor: 1, value: 7 }]))
  const commit = store.commit(checkpointOf('job', nextCheckpoint(task, { 'readings/3': 1 })), [
    raw.seal()!,
    sums.seal()!,
  ])

  await expect(commit).rejects.toMatchObject({
    code: 'FENCED',
    retryable: false,
    message: expect.stringContaining('task "t" has epoch 2, this process has 1'),
  })
  expect(await sql('SELECT FROM raw')).toEqual([])
  expect(await sql('SELECT FROM sums')).toEqual([])
})

test('writes nothing at all when a row is refused, and names where it came from', async () => {
  const { db, sql } = await testDatabase()
  await sql(`${TABLES}; ALTER TABLE raw ADD CHECK (value < 100)`)
  const { raw, sums, store, task } = await opened(db)

  sums.write(madeBatch([{ sensor: 1, value: 7 }]))
  raw.write(batchOf([{ sensor: 1, value: 1 }], { partition: 2, offset: 9 }))
  raw.write(
    batchOf(
      [
        { sensor: 1, value: 1 },
        { sensor: 1, value: 123.456 },
      ],
      { offset: 40 },
    ),
  )
  const commit = store.commit(checkpointOf('job', nextCheckpoint(task, { 'readings/3': 1 })), [
    sums.seal()!,
    raw.seal()!,
  ])

  const error = await commit.catch((cause: unknown) => cause)
  expect(error).toMatchObject({ code: 'POSTGRES_CONSTRAINT_VIOLATED', retryable: false })
  expect(String(error)).toContain('telemetry.v0/3 at an offset from 40 to 41')
  expect(String(error)).not.toContain('123.456')
  expect(await sql('SELECT FROM sums')).toEqual([])
  const [restored] = await store.acquire(['t'])
  expect(restored).toMatchObject({ sequence: 0 })
})

async function opened(db: PostgresDatabase) {
  const raw = await db
    .append<Reading>('raw', {
      sensor: int8(r => r.sensor),
      value: float8(r => r.value),
      part: int4(recordPartition),
      off: int8(recordOffset),
    })
    .open(sinkContext())
  const sums = await db
    .upsert<Reading>('sums', { sensor: int8(r => r.sensor), total: float8(r => r.value) }, { key: ['sensor'] })
    .open(sinkContext())
  const store: CheckpointStore = db.checkpoints()
  await store.open({ job: 'job', signal: new AbortController().signal })
  onTestFinished(async () => {
    await raw.close()
    await sums.close()
    await store.close()
  })
  const [task] = (await store.acquire(['t'])) as [RestoredTask]
  return { raw, sums, store, task }
}
