import { randomBytes } from 'node:crypto'
import type { RestoredTask } from '@rtp/stream-core/extend'
import { expect, onTestFinished, test } from 'vitest'
import { checkpointMigrations } from '../../src/checkpoints/checkpoint-tables.ts'
import { sharedDatabase, testDatabase } from '../database.ts'
import { checkpointOf, nextCheckpoint } from './checkpoint-of.ts'

const PIECE_BYTES = 8 * 1024 * 1024

const shared = sharedDatabase()
let jobs = 0

/** A job with three checkpoints: a whole state, of two pieces when it is large, then two with changes. */
async function stored({ isLarge = false, database = shared() } = {}) {
  const job = `job-${jobs++}`
  const store = database.db.checkpoints()
  await store.open({ job, signal: new AbortController().signal })
  onTestFinished(() => store.close())
  let [task] = (await store.acquire(['t'])) as [RestoredTask]
  const snapshots = [randomBytes(1_000 + (isLarge ? PIECE_BYTES : 0)), randomBytes(2_000), randomBytes(3_000)]
  for (const [i, snapshot] of snapshots.entries()) {
    const next = nextCheckpoint(task, { 'readings/0': i + 1 }, { snapshot })
    await store.commit(checkpointOf(job, next), [])
    task = { ...task, ...next }
  }
  const damage = (what: string) => database.sql(what.replaceAll('JOB', `job = '${job}'`))
  return { job, store, damage }
}

test('state that nobody has touched is given back', async () => {
  const { store } = await stored({ isLarge: true })
  const [task] = await store.acquire(['t'])
  expect(task?.snapshots.map(({ length }) => length)).toEqual([PIECE_BYTES + 1_000, 2_000, 3_000])
})

test.each([
  ['a byte of the first piece', 'set_byte(bytes, 5, get_byte(bytes, 5) # 1)', 'sequence = 1 AND part = 0', 'piece 0'],
  [
    'a byte of the second piece',
    'set_byte(bytes, 9, get_byte(bytes, 9) # 128)',
    'sequence = 1 AND part = 1',
    'piece 1',
  ],
  ['the last byte of changes', 'set_byte(bytes, 1999, get_byte(bytes, 1999) # 1)', 'sequence = 2', 'piece 0'],
  ['the end of changes cut off', 'substr(bytes, 1, 100)', 'sequence = 3', 'piece 0'],
])('%s that has changed is noticed, and nothing goes on from it', async (_, changed, where, piece) => {
  const { job, store, damage } = await stored({ isLarge: piece === 'piece 1' })
  await damage(`UPDATE rtp.checkpoint_snapshots SET bytes = ${changed} WHERE JOB AND ${where}`)
  const refused = expect.objectContaining({
    code: 'CHECKPOINT_CORRUPT',
    message: expect.stringMatching(
      new RegExp(`of task "t" is not what was written: ${piece} does not match its checksum.*rewind`),
    ),
  })
  await expect(store.acquire(['t'])).rejects.toEqual(refused)
  await expect(store.archive!.read(job)).rejects.toEqual(refused)
})

test.each([
  [
    'the first piece of a whole',
    'sequence = 1 AND part = 0',
    'piece 0 of the state of checkpoint 1 of task "t" is missing',
  ],
  ['the last piece of a whole', 'part = 1', 'piece 1 of the state of checkpoint 1 of task "t" is missing'],
  ['the whole that changes begin with', 'sequence = 1', 'the state of task "t" begins at checkpoint 2, not at 1'],
  ['changes in the middle', 'sequence = 2', 'checkpoint 2 of task "t" is missing'],
  ['the last changes', 'sequence = 3', 'the state of checkpoint 3 of task "t" is missing'],
  ['everything', 'true', 'the state of task "t" is missing, its positions are there'],
])('%s that is missing is noticed', async (_, where, message) => {
  const { job, store, damage } = await stored({ isLarge: where.includes('part') })
  await damage(`DELETE FROM rtp.checkpoint_snapshots WHERE JOB AND ${where}`)
  const refused = { code: 'CHECKPOINT_CORRUPT', message: expect.stringContaining(message) }
  await expect(store.acquire(['t'])).rejects.toMatchObject(refused)
  await expect(store.archive!.read(job)).rejects.toMatchObject(refused)
})

test.each(['positions', 'layout'])('%s that cannot be read are noticed', async column => {
  const { store, damage } = await stored()
  await damage(`UPDATE rtp.checkpoint_tasks SET ${column} = '{"half' WHERE JOB`)
  await expect(store.acquire(['t'])).rejects.toMatchObject({
    code: 'CHECKPOINT_CORRUPT',
    message: expect.stringContaining(`the stored ${column} of task "t" cannot be read`),
  })
})

test('a job goes on from the checkpoint before, when it is put back to one that is whole', async () => {
  const { job, store, damage } = await stored()
  await damage('DELETE FROM rtp.checkpoint_snapshots WHERE JOB AND sequence = 3')
  await expect(store.acquire(['t'])).rejects.toMatchObject({ code: 'CHECKPOINT_CORRUPT' })
  const [, before] = await store.archive!.list(job)
  const saved = await store.archive!.read(job, before!.number)
  await store.archive!.put(job, saved.tasks, { replace: true })
  expect(await store.acquire(['t'])).toMatchObject([{ positions: new Map([['readings/0', 2]]) }])
})

test('a newer release has been at work in the schema: it is refused, and left as it is', async () => {
  const database = await testDatabase()
  const { store } = await stored({ database })
  await store.close()
  const later = [
    ...checkpointMigrations('rtp'),
    { id: '999-later', sql: 'ALTER TABLE rtp.checkpoint_tasks ADD later int' },
  ]
  await database.db.migrate(later, { schema: 'rtp', set: 'checkpoints' })
  const old = database.db.checkpoints()
  await expect(old.open({ job: 'job', signal: new AbortController().signal })).rejects.toMatchObject({
    code: 'CHECKPOINT_NEWER_VERSION',
    message: expect.stringContaining('schema "rtp" were written by a newer version. Run that version'),
  })
  expect(await database.one('SELECT sequence::int FROM rtp.checkpoint_tasks')).toBe(3)
})
