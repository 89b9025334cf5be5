import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type EmbeddedPostgres, startPostgres } from '@rtp/postgres-embedded'
import { type RestoredTask, StreamError } from '@rtp/stream-core/extend'
import { expect, onTestFinished, test } from 'vitest'
import { DATABASE_KILLS } from '../../../../runs.preset.ts'
import { int8, postgres } from '../../src/index.ts'
import { plainClient } from '../database.ts'
import { batchOf, sinkContext } from '../records.ts'
import { checkpointOf, nextCheckpoint } from './checkpoint-of.ts'

const ROWS = 50

// Starting a server takes a second, and many on a busy machine.
const TIMEOUT_MS = 60_000 + 20_000 * DATABASE_KILLS

test.each(['on', 'off'] as const)(
  'rows, state and positions agree however often the server is killed, with synchronous_commit %s',
  async synchronousCommit => {
    const server = await restartable()
    const { url } = server.now()
    const client = await plainClient(url)
    await client.query('CREATE TABLE items (id int8)')
    await client.end()
    const db = postgres({ url, synchronousCommit, connectTimeoutMs: 2_000 })
    const store = db.checkpoints()
    await store.open({ job: 'job', signal: new AbortController().signal })
    const items = await db.append('items', { id: int8<number>(id => id) }).open(sinkContext())
    onTestFinished(async () => {
      await items.close()
      await store.close()
    })

    let acknowledged = 0
    for (let crash = 0; crash <= DATABASE_KILLS; crash++) {
      let [task] = (await store.acquire(['t'])) as [RestoredTask]
      await agrees(url, task)
      // What was acknowledged may be gone only where the user has chosen so.
      if (synchronousCommit === 'on') expect(positionOf(task)).toBeGreaterThanOrEqual(acknowledged)
      const killAfter = task.sequence + 5
      let killed: Promise<void> | undefined
      for (;;) {
        const from = positionOf(task)
        items.write(batchOf(Array.from({ length: ROWS }, (_, i) => from + i)))
        const next = nextCheckpoint(task, { p: from + ROWS }, { snapshot: Buffer.from(String(from + ROWS)), needs: 0 })
        if (next.sequence === killAfter && crash < DATABASE_KILLS) killed = server.crash()
        const failure = await store.commit(checkpointOf('job', next), [items.seal()!]).catch((cause: unknown) => cause)
        if (failure !== undefined) {
          expect(failure).toBeInstanceOf(StreamError)
          expect(failure).toMatchObject({ retryable: true })
          break
        }
        acknowledged = from + ROWS
        task = { ...task, ...next }
        // Between two commits the crash goes unnoticed: the connection is made anew.
        if (next.sequence > killAfter + 5) break
      }
      await killed
    }
    const [last] = (await store.acquire(['t'])) as [RestoredTask]
    await agrees(url, last)
  },
  TIMEOUT_MS,
)

/** Rows 0 to position - 1 are there once each, and the state is of that position. */
async function agrees(url: string, task: RestoredTask): Promise<void> {
  const end = positionOf(task)
  const client = await plainClient(url)
  const { rows } = await client.query(
    'SELECT count(*)::int AS rows, count(DISTINCT id)::int AS ids, max(id)::int FROM items',
  )
  await client.end()
  expect(rows[0]).toEqual({ rows: end, ids: end, max: end === 0 ? null : end - 1 })
  expect(task.snapshots.map(bytes => Buffer.from(bytes).toString())).toEqual(end === 0 ? [] : [String(end)])
}

function positionOf(task: RestoredTask): number {
  return Number(task.positions.get('p') ?? 0)
}

/** A server of its own that can be killed and comes back at the same address. */
async function restartable(): Promise<{ now(): EmbeddedPostgres; crash(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'rtp-crash-'))
  // The server may run as another user than this test.
  await chmod(folder, 0o755)
  const dataDir = join(folder, 'data')
  let server = await startPostgres({ dataDir })
  onTestFinished(async () => {
    await server.stop()
    await rm(folder, { recursive: true, force: true })
  })
  return {
    now: () => server,
    async crash() {
      await server.kill()
      server = await startPostgres({ dataDir, port: server.port })
    },
  }
}
