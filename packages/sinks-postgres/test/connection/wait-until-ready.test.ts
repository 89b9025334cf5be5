import { createServer } from 'node:net'
import { inspect } from 'node:util'
import { networkProxy } from '@rtp/stream-testing/network'
import { expect, onTestFinished, test } from 'vitest'
import { type PostgresOptions, postgres, type Waiting } from '../../src/index.ts'
import { plainClient, testDatabase } from '../database.ts'

const SECRET = 'open-sesame'

test('waits for a server that is not there yet, tells so, and goes on when it is', async () => {
  const { url, db } = await testDatabase()
  const proxy = await networkProxy({ target: new URL(url).host })
  onTestFinished(() => proxy.close())
  proxy.apply({ kind: 'refuse' })
  const waits: Waiting[] = []
  const ready = postgres({ url: proxy.through(url) }).waitUntilReady({
    timeoutMs: 20_000,
    onWaiting(waiting) {
      waits.push(waiting)
      if (waits.length === 2) void proxy.heal()
    },
  })
  await ready
  expect(waits.length).toBeGreaterThanOrEqual(2)
  expect(waits[0]).toMatchObject({ attempt: 1, error: { code: 'POSTGRES_UNREACHABLE' } })
  await db.waitUntilReady()
})

test('gives up when the time is over, and says for how long and on what', async () => {
  const port = await freePort()
  const db = postgres({ url: `postgresql://user:${SECRET}@127.0.0.1:${port}/somewhere` })
  const error = await db.waitUntilReady({ timeoutMs: 300 }).catch((cause: unknown) => cause)
  expect(error).toMatchObject({ code: 'POSTGRES_UNREACHABLE', retryable: true })
  expect(String(error)).toMatch(/gave up after \d+ attempts in 0\.\d s/)
  expect(String(error)).toContain(`127.0.0.1:${port}/somewhere`)
  expect(inspect(error, { depth: 10 })).not.toContain(SECRET)
})

test('stops waiting when it is told to', async () => {
  const stop = new AbortController()
  const db = postgres({ url: `postgresql://user@127.0.0.1:${await freePort()}/db` })
  const waiting = db.waitUntilReady({ signal: stop.signal, onWaiting: () => stop.abort(new Error('enough')) })
  await expect(waiting).rejects.toThrow('enough')
})

test.for<[string, (address: URL) => PostgresOptions, string]>([
  ['a wrong password', address => ({ url: withParts(address, { password: SECRET }) }), 'POSTGRES_AUTH_FAILED'],
  ['a wrong password of its own', address => ({ url: address.href, password: SECRET }), 'POSTGRES_AUTH_FAILED'],
  ['no password', address => ({ url: withParts(address, { password: '' }) }), 'POSTGRES_AUTH_FAILED'],
  ['an unknown user', address => ({ url: withParts(address, { username: 'nobody-here' }) }), 'POSTGRES_AUTH_FAILED'],
  [
    'an unknown database',
    address => ({ url: withParts(address, { pathname: '/nowhere' }) }),
    'POSTGRES_DATABASE_MISSING',
  ],
  ['a server without TLS', address => ({ url: address.href, ssl: true }), 'POSTGRES_TLS_FAILED'],
])('does not wait where waiting cannot help: %s', async ([, options, code], { skip }) => {
  const { url } = await testDatabase()
  const address = new URL(url)
  if (code === 'POSTGRES_AUTH_FAILED') skip(await admitsEverybody(address), TRUSTS)
  const waits: Waiting[] = []
  const db = postgres(options(address))
  const error = await db.waitUntilReady({ onWaiting: waiting => waits.push(waiting) }).catch((cause: unknown) => cause)
  expect(error).toMatchObject({ code, retryable: false })
  expect(waits).toEqual([])
  const printed = inspect([error, db], { depth: 10, showHidden: true })
  expect(printed).not.toContain(SECRET)
  expect(address.password.length > 3 && printed.includes(address.password)).toBe(false)
})

test('takes a password from a function at every connection', async ({ skip }) => {
  const { url } = await testDatabase()
  const address = new URL(url)
  skip(await admitsEverybody(address), TRUSTS)
  const password = decodeURIComponent(address.password)
  let asked = 0
  const db = postgres({
    url: withParts(address, { password: '' }),
    password: async () => {
      asked++
      return password
    },
  })
  await db.waitUntilReady()
  await db.waitUntilReady()
  expect(asked).toBe(2)
})

test.each<[string, PostgresOptions, string]>([
  [
    'an address that is none',
    { url: `postgresql://user:${SECRET}@host:port:5/db` },
    'the database address cannot be read',
  ],
  ['an unknown option', { lockTimeout: 5 } as PostgresOptions, '"lockTimeout" is no option'],
  ['a time that is none', { lockTimeoutMs: -1 }, 'lockTimeoutMs must be a whole number'],
  ['a mode that is none', { synchronousCommit: 'maybe' as 'on' }, "synchronousCommit is 'on' or 'off'"],
])('refuses %s at once', (_, options, says) => {
  const make = () => postgres(options)
  expect(make).toThrow(expect.objectContaining({ code: 'POSTGRES_OPTIONS_INVALID' }))
  expect(make).toThrow(says)
  expect(make).not.toThrow(SECRET)
})

const TRUSTS = 'the server asks nobody for a password (pg_hba.conf: trust)'

async function admitsEverybody(address: URL): Promise<boolean> {
  const client = await plainClient(withParts(address, { password: 'surely-wrong' })).catch(() => undefined)
  await client?.end()
  return client !== undefined
}

function withParts(address: URL, parts: Partial<Pick<URL, 'username' | 'password' | 'pathname'>>): string {
  return Object.assign(new URL(address.href), parts).href
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise(resolve => server.close(resolve))
  return typeof address === 'object' && address !== null ? address.port : 0
}
