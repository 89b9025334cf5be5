import { execFile } from 'node:child_process'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type EmbeddedPostgres, startPostgres } from '@rtp/postgres-embedded'
import { pipeline, run } from '@rtp/stream-core'
import { pause, records, scriptedSource } from '@rtp/stream-testing'
import { expect, onTestFinished, test } from 'vitest'
import { int8, postgres } from '../../src/index.ts'
import { plainClient } from '../database.ts'

const execute = promisify(execFile)
const PART = 100
// Starting a server takes a second, and many on a busy machine.
const TIMEOUT_MS = 120_000

/** One address, behind which servers come and go. */
async function servers() {
  const folder = await mkdtemp(join(tmpdir(), 'rtp-fail-over-'))
  // The server may run as another user than this test.
  await chmod(folder, 0o755)
  let server: EmbeddedPostgres = await startPostgres({ dataDir: join(folder, 'primary') })
  const { port, url } = server
  onTestFinished(async () => {
    await server.stop()
    await rm(folder, { recursive: true, force: true })
  })
  const sql = async (text: string) => {
    const client = await plainClient(url)
    const { rows } = await client.query(text).finally(() => client.end())
    return rows as Record<string, unknown>[]
  }
  return {
    url,
    sql,
    stop: () => server.stop(),
    kill: () => server.kill(),
    /** Starts the data of `name` at the address; as a standby, it takes no writes until it is promoted. */
    async start(name: string, as: 'primary' | 'standby' = 'primary') {
      const dataDir = join(folder, name)
      if (as === 'standby') await writeFile(join(dataDir, 'standby.signal'), '')
      server = await startPostgres({ dataDir, port })
    },
    /** What a replica has got by now. The server must be stopped. */
    async copy(name: string) {
      await execute('cp', ['-a', join(folder, 'primary'), join(folder, name)])
    },
    promote: () => sql('SELECT pg_promote()'),
  }
}

/** A job that copies numbers in three parts, and waits behind the first and the second. */
function job(url: string, options: { readonly attempts?: number } = {}) {
  const db = postgres({ url, connectTimeoutMs: 2_000, reconnectTimeoutMs: 300 })
  const waits = [pause(), pause()] as const
  const part = (from: number) => records(Array.from({ length: PART }, (_, i) => from * PART + i))
  const source = scriptedSource([[...part(0), waits[0], ...part(1), waits[1], ...part(2)]])
  const definition = pipeline('copy')
  definition.from(source, { name: 'numbers' }).sink(db.append('items', { id: int8<number>(n => n) }), { name: 'items' })
  const running = run(definition, {
    store: db.checkpoints(),
    checkpoint: { intervalMs: 20 },
    restart: { initialDelayMs: 20, maxDelayMs: 100, attempts: 1_000, ...options },
  })
  running.done.catch(() => {})
  const committed = async (parts: number) =>
    expect.poll(() => running.metrics().sinks[0]?.committed, { timeout: 30_000 }).toBe(parts * PART)
  const failedWith = async (codes: RegExp) =>
    expect
      .poll(() => Object.keys(running.metrics().failures.byCode).some(code => codes.test(code)), { timeout: 30_000 })
      .toBe(true)
  return { running, waits, committed, failedWith }
}

async function expectEachOnce(sql: (text: string) => Promise<Record<string, unknown>[]>): Promise<void> {
  const [counted] = await sql('SELECT count(*)::int AS rows, count(DISTINCT id)::int AS ids, max(id)::int FROM items')
  expect(counted).toEqual({ rows: 3 * PART, ids: 3 * PART, max: 3 * PART - 1 })
}

test(
  'a server that is killed and away for a while is waited for',
  async () => {
    const { url, sql, kill, start } = await servers()
    await sql('CREATE TABLE items (id int8)')
    const { running, waits, committed, failedWith } = job(url)
    await committed(1)
    await kill()
    for (const wait of waits) wait.release()
    await failedWith(/^POSTGRES_(UNREACHABLE|CONNECTION_LOST|UNAVAILABLE)$/)
    await start('primary')
    await running.done
    await expectEachOnce(sql)
  },
  TIMEOUT_MS,
)

test(
  'a job that starts while its server is away waits for it as one that runs',
  async () => {
    const { url, sql, stop, start } = await servers()
    await sql('CREATE TABLE items (id int8)')
    await stop()
    const { running, waits, failedWith } = job(url)
    await failedWith(/^POSTGRES_UNREACHABLE$/)
    expect(running.metrics().restarts).toBeGreaterThan(0)
    for (const wait of waits) wait.release()
    await start('primary')
    await running.done
    await expectEachOnce(sql)
  },
  TIMEOUT_MS,
)

test(
  'a standby takes no writes until it is promoted; the job waits for that, and goes on',
  async () => {
    const { url, sql, stop, start, promote } = await servers()
    await sql('CREATE TABLE items (id int8)')
    const { running, waits, committed, failedWith } = job(url)
    await committed(1)
    await stop()
    await start('primary', 'standby')
    for (const wait of waits) wait.release()
    await failedWith(/^POSTGRES_READ_ONLY$/)
    expect(running.state).not.toBe('failed')
    await promote()
    await running.done
    await expectEachOnce(sql)
  },
  TIMEOUT_MS,
)

test(
  'a standby that has not got the last commits takes over: the job notices, and writes them again',
  async () => {
    const { url, sql, stop, kill, start, copy, promote } = await servers()
    await sql('CREATE TABLE items (id int8)')
    const { running, waits, committed, failedWith } = job(url)
    await committed(1)
    await stop()
    await copy('standby')
    await start('primary')
    waits[0].release()
    await committed(2)
    await kill()
    await start('standby', 'standby')
    await promote()
    expect(await sql('SELECT count(*)::int AS rows FROM items')).toEqual([{ rows: PART }])
    waits[1].release()
    await failedWith(/^FENCED$/)
    expect(running.metrics().failures.last.find(({ code }) => code === 'FENCED')?.message).toMatch(
      /the database has lost checkpoints of task "0".*went back to a standby or backup/,
    )
    await running.done
    await expectEachOnce(sql)
  },
  TIMEOUT_MS,
)
