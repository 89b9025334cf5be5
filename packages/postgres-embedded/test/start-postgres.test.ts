import { chmodSync, existsSync, readdirSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { startPostgres } from '../src/index.ts'
import { isAlive } from '../src/processes.ts'
import { until } from '../src/until.ts'
import { query } from './query.ts'
import { start } from './server.ts'

test('serves UTF-8 in the C locale and UTC, in the database that was asked for', async () => {
  const server = await start({ database: 'made here' })
  const [row] = await query(
    server.url,
    `select current_database() as name, current_setting('server_encoding') as encoding, current_setting('timezone') as zone, datcollate as locale
     from pg_database where datname = current_database()`,
  )
  expect(row).toEqual({ name: 'made here', encoding: 'UTF8', zone: 'UTC', locale: 'C' })
  expect(server.version).toMatch(/^18\./)
})

test('takes user, password and settings', async () => {
  const server = await start({ user: 'me', password: 'a/b c@', settings: { max_connections: 17, fsync: false } })
  expect(server.url).toMatch(/^postgresql:\/\/me:a%2Fb%20c%40@127\.0\.0\.1:/)
  const [row] = await query(
    server.url,
    `select current_user as name, current_setting('max_connections') as connections, current_setting('fsync') as fsync`,
  )
  expect(row).toEqual({ name: 'me', connections: '17', fsync: 'off' })
})

test('lets nobody in without the password', async () => {
  const server = await start()
  const url = new URL(server.url)
  url.password = 'guessed'
  await expect(query(url.href, 'select 1')).rejects.toMatchObject({ code: '28P01' })
})

test('hands what the server prints to the log, the last line included', async () => {
  const lines: string[] = []
  const server = await start({ log: line => lines.push(line) })
  await expect(query(server.url, 'select missing')).rejects.toThrow('missing')
  expect(
    await until(() => lines.some(line => line.includes('column "missing" does not exist')), { timeoutMs: 5_000 }),
  ).toBe(true)
  await server.stop()
  expect(lines.at(-1)).toContain('database system is shut down')
})

test('stops its process and removes its temporary data folder', async () => {
  const server = await start()
  expect(existsSync(server.dataDir)).toBe(true)
  await Promise.all([server.stop(), server.stop()])
  expect(isAlive(server.pid)).toBe(false)
  expect(existsSync(server.dataDir)).toBe(false)
})

test('servers that start at the same time get ports of their own', async () => {
  const servers = await Promise.all([start(), start(), start()])
  expect(new Set(servers.map(server => server.port)).size).toBe(3)
  for (const server of servers) expect(await query(server.url, 'select 1 as one')).toEqual([{ one: 1 }])
})

test('a port that is taken is named, and no folder stays behind', async () => {
  const other = createServer()
  await new Promise<void>(resolve => other.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void other.close())
  const address = other.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const temporary = await mkdtemp(join(tmpdir(), 'rtp-own-tmp-'))
  onTestFinished(() => rm(temporary, { recursive: true, force: true }))
  chmodSync(temporary, 0o755)
  vi.stubEnv('TMPDIR', temporary)
  onTestFinished(() => void vi.unstubAllEnvs())
  await expect(startPostgres({ port })).rejects.toMatchObject({
    code: 'PORT_IN_USE',
    message: expect.stringContaining(String(port)),
  })
  expect(readdirSync(temporary)).toEqual([])
})

test('a setting that the server refuses ends in what it said', async () => {
  await expect(startPostgres({ settings: { max_connections: 'many' } })).rejects.toMatchObject({
    code: 'START_FAILED',
    message: expect.stringContaining('max_connections'),
  })
})
