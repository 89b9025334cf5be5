import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { startBroker } from '../../src/index.ts'
import { lockFolder, removeAbandonedFolders } from '../../src/storage/folder-lock.ts'
import { testBroker } from '../test-clients.ts'

let parent: string

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'folder-lock-'))
  return () => rmSync(parent, { recursive: true })
})

function writeOwner(name: string, pid: number, host = hostname()): string {
  const folder = join(parent, name)
  mkdirSync(folder)
  writeFileSync(join(folder, 'owner.lock'), JSON.stringify({ pid, host }))
  return folder
}

/** The number of a process that runs until the test ends, or of one that has ended. */
async function processId(isRunning: boolean): Promise<number> {
  const child = spawn(process.execPath, ['-e', isRunning ? 'setInterval(() => {}, 1000)' : ''])
  if (isRunning) onTestFinished(() => void child.kill())
  else await new Promise(resolve => child.on('exit', resolve))
  return child.pid!
}

describe('the folder of a broker', () => {
  it('belongs to one broker at a time, and to the next when that one has stopped', async () => {
    const dataDir = join(parent, 'data')
    const broker = await testBroker({ dataDir })
    await expect(startBroker({ dataDir })).rejects.toMatchObject({
      code: 'BROKER_DATA_DIR_INVALID',
      message: expect.stringContaining(dataDir),
    })
    await broker.stop()
    await (await startBroker({ dataDir })).stop()
  })

  it('is refused while another process that runs has it, and taken over from one that was killed', async () => {
    const running = writeOwner('a', await processId(true))
    expect(() => lockFolder(running)).toThrow(/in use by another broker/)
    const killed = writeOwner('b', await processId(false))
    const unlock = lockFolder(killed)
    expect(JSON.parse(readFileSync(join(killed, 'owner.lock'), 'utf8'))).toMatchObject({ pid: process.pid })
    unlock()
    expect(existsSync(join(killed, 'owner.lock'))).toBe(false)
  })

  it('is given back when what lies in it cannot be read', async () => {
    const dataDir = join(parent, 'data')
    mkdirSync(dataDir)
    writeFileSync(join(dataDir, 'journal.jsonl'), 'nonsense\n')
    await expect(startBroker({ dataDir })).rejects.toThrow(/journal/)
    rmSync(join(dataDir, 'journal.jsonl'))
    await (await startBroker({ dataDir })).stop()
  })

  it('is removed as a temporary one by a later broker, when its owner on this machine was killed', async () => {
    const killed = writeOwner('tmp-killed', await processId(false))
    const kept = [
      writeOwner('tmp-running', await processId(true)),
      writeOwner('tmp-elsewhere', 1, 'another-machine'),
      writeOwner('other-killed', await processId(false)),
    ]
    mkdirSync(join(parent, 'tmp-new'))
    removeAbandonedFolders(parent, 'tmp-')
    expect([killed, ...kept, join(parent, 'tmp-new')].map(existsSync)).toEqual([false, true, true, true, true])
  })
})
