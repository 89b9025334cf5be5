import { spawn } from 'node:child_process'
import { statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { expect, test } from 'vitest'
import { programArguments } from '../../../program.preset.ts'
import { blockedFolder, serverUser } from '../src/server-user.ts'
import { query } from './query.ts'
import { start } from './server.ts'

const isRoot = process.getuid?.() === 0

test.skipIf(!isRoot)('root runs the server as an unprivileged user that exists already', async () => {
  const server = await start()
  const { uid } = statSync(`/proc/${server.pid}`)
  expect(uid).not.toBe(0)
  expect(statSync(server.dataDir).uid).toBe(uid)
})

test('another user runs the server as itself', async context => {
  if (!isRoot) {
    const server = await start()
    expect(statSync(server.dataDir).uid).toBe(process.getuid?.())
    return
  }
  const nobody = await serverUser(undefined)
  const blocked = (await blockedFolder(process.execPath, nobody)) ?? (await blockedFolder(import.meta.filename, nobody))
  if (!nobody.ids || blocked) context.skip(`${nobody.name} may not enter ${blocked}`)
  const program = new URL('./programs/query-server.ts', import.meta.url)
  const child = spawn(process.execPath, programArguments(program), {
    ...nobody.ids,
    cwd: '/',
    env: { PATH: process.env['PATH'], HOME: '/nonexistent', TMPDIR: tmpdir() },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  child.stdout.on('data', chunk => (output += chunk))
  child.stderr.on('data', chunk => (output += chunk))
  const code = await new Promise(resolve => child.once('close', resolve))
  expect(output).toBe(`{"user":${nobody.ids?.uid},"owner":${nobody.ids?.uid},"rows":[{"one":1}]}\n`)
  expect(code).toBe(0)
})

test('the data of another user is opened by root as that user', async () => {
  const server = await start()
  expect(await serverUser(server.dataDir)).toMatchObject(
    isRoot ? { ids: { uid: statSync(server.dataDir).uid } } : { ids: undefined },
  )
  expect(await query(server.url, 'select 1 as one')).toEqual([{ one: 1 }])
})
