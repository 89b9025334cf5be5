import { type Job, pipeline, type RunOptions, run } from '@rtp/stream-core'
import { pause, records, scriptedSource } from '@rtp/stream-testing'
import { expect } from 'vitest'
import { float8, int8, type PostgresDatabase } from '../../src/index.ts'
import type { TestDatabase } from '../database.ts'

/** Rows that the job writes before it waits, and after. */
export const FIRST = 10
export const ALL = 20

export const ITEMS = 'CREATE TABLE items (id int8, value float8, note text)'

export interface RunningCopy {
  readonly job: Job
  /** Lets the job read the second half. */
  release(): void
}

/** A job that copies 20 numbers into `items`, exactly once, and waits in the middle. */
export function copyJob(db: PostgresDatabase, options: RunOptions = {}): RunningCopy {
  const middle = pause()
  const numbers = Array.from({ length: ALL }, (_, i) => i)
  const source = scriptedSource([[...records(numbers.slice(0, FIRST)), middle, ...records(numbers.slice(FIRST))]])
  const definition = pipeline('copy')
  definition
    .from(source, { name: 'numbers' })
    .sink(db.append('items', { id: int8<number>(n => n), value: float8(n => n / 2) }), { name: 'items' })
  const job = run(definition, {
    store: db.checkpoints(),
    checkpoint: { records: FIRST, intervalMs: 20 },
    restart: { initialDelayMs: 10, maxDelayMs: 50, attempts: 100 },
    ...options,
  })
  job.done.catch(() => {})
  return { job, release: () => middle.release() }
}

/** Waits until the first half is in the table, in a committed checkpoint. */
export async function firstHalf({ job }: RunningCopy): Promise<void> {
  await expect.poll(() => job.metrics().sinks[0]?.committed, { timeout: 20_000 }).toBe(FIRST)
}

/** Every row once, with its value. */
export async function expectEachOnce({ sql }: Pick<TestDatabase, 'sql'>): Promise<void> {
  const rows = await sql('SELECT id::int, value::float8 FROM items ORDER BY id, value')
  expect(rows).toEqual(Array.from({ length: ALL }, (_, id) => ({ id, value: id / 2 })))
}
