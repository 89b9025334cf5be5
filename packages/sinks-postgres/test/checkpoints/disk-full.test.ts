import { execFile } from 'node:child_process'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { startPostgres } from '@rtp/postgres-embedded'
import type { RestoredTask } from '@rtp/stream-core/extend'
import { expect, onTestFinished, test } from 'vitest'
import { bytea, postgres } from '../../src/index.ts'
import { plainClient } from '../database.ts'
import { batchOf, sinkContext } from '../records.ts'
import { checkpointOf, nextCheckpoint } from './checkpoint-of.ts'

const run = promisify(execFile)

/** Why no small disk can be had here; undefined where it can. */
async function noSmallDisk(): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return 'mounting a small disk takes root'
  const folder = await mkdtemp(join(tmpdir(), 'rtp-disk-'))
  try {
    await run('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder])
    await run('umount', [folder])
    return undefined
  } catch {
    return 'mounting is not allowed here'
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const skipped = await noSmallDisk()

test.skipIf(skipped !== undefined)(
  `a full disk writes nothing, is named, and the job goes on when there is room again${skipped ? ` (${skipped})` : ''}`,
  async () => {
    const folder = await smallDisk()
    const server = await startPostgres({
      dataDir: join(folder, 'data'),
      settings: { max_wal_size: '32MB', min_wal_size: '32MB' },
    })
    onTestFinished(() => server.stop())
    const client = await plainClient(server.url)
    onTestFinished(() => client.end())
    await client.query(
      'CREATE TABLE ballast (b bytea); CREATE TABLE items (b bytea); ALTER TABLE items ALTER b SET STORAGE EXTERNAL',
    )
    const db = postgres({ url: server.url })
    const store = db.checkpoints()
    await store.open({ job: 'job', signal: new AbortController().signal })
    const items = await db.append('items', { b: bytea<Uint8Array>(b => b) }).open(sinkContext())
    onTestFinished(async () => {
      await items.close()
      await store.close()
    })
    const filler = join(folder, 'filler')
    await run('sh', ['-c', `dd if=/dev/zero of=${filler} bs=1M 2>/dev/null; truncate -s -2M ${filler}`])

    const [task] = (await store.acquire(['t'])) as [RestoredTask]
    const write = () => {
      for (let i = 0; i < 8; i++) items.write(batchOf([Buffer.alloc(1024 * 1024, i)]))
      return store.commit(checkpointOf('job', nextCheckpoint(task, { p: 8 })), [items.seal()!])
    }
    await expect(write()).rejects.toMatchObject({ code: 'POSTGRES_DISK_FULL', retryable: true })
    const { rows } = await client.query('SELECT count(*)::int AS rows FROM items')
    expect(rows).toEqual([{ rows: 0 }])

    await rm(filler)
    await write()
    expect((await client.query('SELECT count(*)::int AS rows FROM items')).rows).toEqual([{ rows: 8 }])
  },
  120_000,
)

async function smallDisk(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'rtp-disk-'))
  await run('mount', ['-t', 'tmpfs', '-o', 'size=160m', 'tmpfs', folder])
  onTestFinished(async () => {
    await run('umount', ['-l', folder])
    await rm(folder, { recursive: true, force: true })
  })
  await chmod(folder, 0o755)
  return folder
}
