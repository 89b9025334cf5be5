import { execFileSync, spawn } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { startPostgres } from '../src/index.ts'
import { isAlive } from '../src/processes.ts'
import { until } from '../src/until.ts'
import { query } from './query.ts'
import { start } from './server.ts'

const isRoot = process.getuid?.() === 0

test('a kept folder is reopened with its data and its password', async () => {
  const dataDir = join(await folder(), 'made', 'on', 'the', 'way')
  const first = await start({ dataDir })
  await query(first.url, 'create table t as select 42 as answer')
  await first.stop()
  const madeAt = statSync(join(dataDir, 'PG_VERSION')).mtimeMs
  const second = await start({ dataDir, port: first.port })
  expect(second.url).toBe(first.url)
  expect(await query(second.url, 'select answer from t')).toEqual([{ answer: 42 }])
  expect(statSync(join(dataDir, 'PG_VERSION')).mtimeMs).toBe(madeAt)
})

test('a killed server starts again on the same folder and port with all that was committed', async () => {
  const dataDir = join(await folder(), 'data')
  let server = await start({ dataDir })
  const { port } = server
  for (let round = 1; round <= 3; round++) {
    await query(server.url, `create table if not exists t (round int); insert into t values (${round})`)
    await server.kill()
    expect(isAlive(server.pid)).toBe(false)
    server = await start({ dataDir, port })
    expect(await query(server.url, 'select count(*)::int as rounds from t')).toEqual([{ rounds: round }])
  }
})

test('kill ends the sessions of the server too', async () => {
  const server = await start()
  const busy = query(server.url, 'select pg_backend_pid() as pid, pg_sleep(600)')
  const ended = expect(busy).rejects.toThrow()
  const pids = async () =>
    (await query(server.url, `select pid from pg_stat_activity where query like '%pg_sleep(600)'`)).map(
      row => row['pid'],
    )
  expect(await until(async () => (await pids()).length === 1, { timeoutMs: 5_000 })).toBe(true)
  const [pid] = await pids()
  await server.kill()
  await ended
  expect(isAlive(pid)).toBe(false)
})

test('a lock file whose process id now belongs to another program is cleared', async () => {
  const dataDir = join(await folder(), 'data')
  const first = await start({ dataDir })
  await first.kill()
  const { uid, gid } = statSync(dataDir)
  // Of the same user, or PostgreSQL would not take it for a server in the first place.
  const other = spawn('sleep', ['600'], isRoot ? { uid, gid } : {})
  onTestFinished(() => void other.kill())
  const lockFile = join(dataDir, 'postmaster.pid')
  writeFileSync(lockFile, readFileSync(lockFile, 'utf8').replace(/^\d+/, String(other.pid)))
  const second = await start({ dataDir })
  expect(await query(second.url, 'select 1 as one')).toEqual([{ one: 1 }])
})

test('a folder that a running server uses is refused, and that server goes on', async () => {
  const dataDir = join(await folder(), 'data')
  const server = await start({ dataDir })
  await expect(startPostgres({ dataDir })).rejects.toMatchObject({
    code: 'DATA_DIR_IN_USE',
    message: expect.stringContaining(String(server.pid)),
  })
  expect(await query(server.url, 'select 1 as one')).toEqual([{ one: 1 }])
})

test('a folder made with another password is refused', async () => {
  const dataDir = join(await folder(), 'data')
  await (await start({ dataDir, password: 'first' })).stop()
  await expect(startPostgres({ dataDir, password: 'second' })).rejects.toMatchObject({ code: 'DATA_DIR_CREDENTIALS' })
})

test('a folder with other files in it is refused and left as it is', async () => {
  const dataDir = await folder()
  writeFileSync(join(dataDir, 'letter.txt'), 'dear')
  await expect(startPostgres({ dataDir })).rejects.toMatchObject({ code: 'DATA_DIR_NOT_EMPTY' })
  expect(readFileSync(join(dataDir, 'letter.txt'), 'utf8')).toBe('dear')
})

test.skipIf(!isRoot)('a folder that the unprivileged user may not reach is refused by name', async () => {
  const closed = join(await folder(), 'closed')
  mkdirSync(closed)
  chmodSync(closed, 0o700)
  await expect(startPostgres({ dataDir: join(closed, 'data') })).rejects.toMatchObject({
    code: 'DATA_DIR_UNREACHABLE',
    message: expect.stringContaining(closed),
  })
})

test('a full disk is named', async context => {
  const dataDir = await folder()
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m,mode=755', 'tmpfs', dataDir], { stdio: 'pipe' })
  } catch (error) {
    context.skip(`a small file system cannot be mounted here: ${error}`)
  }
  onTestFinished(() => void execFileSync('umount', ['-l', dataDir]))
  await expect(startPostgres({ dataDir: join(dataDir, 'data') })).rejects.toMatchObject({
    code: 'DISK_FULL',
    message: expect.stringContaining(dataDir),
  })
})

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'rtp-kept-'))
  chmodSync(path, 0o755)
  onTestFinished(() => rm(path, { recursive: true, force: true }))
  return path
}
