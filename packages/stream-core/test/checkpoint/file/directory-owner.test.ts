import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DirectoryOwner } from '../../../src/checkpoint/file/directory-owner.ts'
import { processStart } from '../../../src/checkpoint/file/process-start.ts'

let directory: string
let children: ChildProcess[]

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'rtp-owner-'))
  children = []
})

afterEach(async () => {
  for (const child of children) child.kill('SIGKILL')
  await rm(directory, { recursive: true, force: true })
})

async function ownedBy(owner: { pid: number; start?: string | undefined; host?: string }): Promise<void> {
  const record = { host: hostname(), released: false, epochs: { 0: 4 }, ...owner }
  await writeFile(join(directory, 'owner-7.json'), JSON.stringify(record))
}

async function otherProcess(): Promise<ChildProcess & { readonly pid: number }> {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
  await once(child, 'spawn')
  children.push(child)
  return child as ChildProcess & { readonly pid: number }
}

describe('DirectoryOwner', () => {
  it('lets nobody in while the owner lives, and the next one in once it was killed', async () => {
    const child = await otherProcess()
    await ownedBy({ pid: child.pid, start: await processStart(child.pid) })
    await expect(DirectoryOwner.take(directory)).rejects.toMatchObject({
      code: 'CHECKPOINT_LOCKED',
      message: expect.stringContaining(String(child.pid)),
    })
    child.kill('SIGKILL')
    await once(child, 'exit')
    const owner = await DirectoryOwner.take(directory)
    expect(owner.epochOf('0')).toBe(4)
    expect(await readdir(directory)).toEqual(['owner-8.json'])
  })

  it('knows that a process with the same pid but another start is not the owner', async () => {
    await ownedBy({ pid: process.pid, start: 'an earlier one' })
    await DirectoryOwner.take(directory)
  })

  it('never takes an owner on another machine for dead', async () => {
    await ownedBy({ pid: process.pid, start: 'an earlier one', host: 'elsewhere' })
    await expect(DirectoryOwner.take(directory)).rejects.toMatchObject({
      code: 'CHECKPOINT_LOCKED',
      message: expect.stringContaining('delete owner-7.json'),
    })
  })

  it('refuses a second owner in the same process, until the first one releases', async () => {
    const first = await DirectoryOwner.take(directory)
    await expect(DirectoryOwner.take(directory)).rejects.toMatchObject({ code: 'CHECKPOINT_LOCKED' })
    await first.release()
    await DirectoryOwner.take(directory)
  })

  it('makes exactly one of many the successor of a dead owner', async () => {
    await ownedBy({ pid: process.pid, start: 'an earlier one' })
    const attempts = await Promise.allSettled(Array.from({ length: 20 }, () => DirectoryOwner.take(directory)))
    const taken = attempts.flatMap(attempt => (attempt.status === 'fulfilled' ? attempt.value : []))
    expect(taken).toHaveLength(1)
    await taken[0]!.check()
    const others = attempts.flatMap(attempt => (attempt.status === 'rejected' ? attempt.reason.code : []))
    expect(new Set(others)).toEqual(new Set(['CHECKPOINT_LOCKED']))
  })

  it('tells an owner that was taken for dead that it is none any more', async () => {
    const former = await DirectoryOwner.take(directory)
    await writeFile(join(directory, 'owner-2.json'), '{}')
    await expect(former.check()).rejects.toMatchObject({ code: 'FENCED' })
    await former.release()
    expect(await readdir(directory)).toContain('owner-2.json')
  })

  it('names a file that does not say who the owner is', async () => {
    await writeFile(join(directory, 'owner-3.json'), '')
    await expect(DirectoryOwner.take(directory)).rejects.toMatchObject({
      code: 'CHECKPOINT_CORRUPT',
      message: expect.stringContaining('owner-3.json'),
    })
  })
})
