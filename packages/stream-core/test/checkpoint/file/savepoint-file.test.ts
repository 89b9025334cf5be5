import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { SavedCheckpoint } from '../../../src/checkpoint/checkpoint-archive.ts'
import { readSavepoint, writeSavepoint } from '../../../src/checkpoint/file/savepoint-file.ts'

let directory: string
let path: string

const checkpoint: SavedCheckpoint = {
  job: 'täglich "1"',
  number: 42,
  committedAt: 1_700_000_000_123,
  tasks: [
    {
      task: '0',
      epoch: 3,
      sequence: 40,
      positions: new Map([
        ['readings/0', 7],
        ['files/0', 9],
      ]),
      layout: { mode: 'perPartition', partitions: { readings: 2 } },
      snapshots: [Uint8Array.from({ length: 500 }, (_, i) => i), new Uint8Array(), Uint8Array.of(1, 2)],
    },
    { task: '1', epoch: 1, sequence: 1, positions: new Map(), layout: undefined, snapshots: [] },
  ],
}

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'rtp-savepoint-'))
  path = join(directory, 'job.savepoint')
})

afterEach(() => rm(directory, { recursive: true, force: true }))

describe('a savepoint file', () => {
  it('gives back what was written, and leaves no other file behind', async () => {
    await writeSavepoint(path, checkpoint)
    const read = await readSavepoint(path)
    expect({ ...read, tasks: read.tasks.map(bytesAsNumbers) }).toEqual({
      ...checkpoint,
      tasks: checkpoint.tasks.map(bytesAsNumbers),
    })
    expect(await readdir(directory)).toEqual(['job.savepoint'])
  })

  it('is refused when it is cut short anywhere, and says so', async () => {
    await writeSavepoint(path, checkpoint)
    const whole = await readFile(path)
    for (let length = 0; length < whole.length; length += 7) {
      await writeFile(path, whole.subarray(0, length))
      await expect(readSavepoint(path)).rejects.toThrow(/CHECKPOINT_CORRUPT: .*cut short: \d+ bytes of at least \d+/)
    }
  })

  it('is refused when any byte of it has changed', async () => {
    await writeSavepoint(path, checkpoint)
    const whole = await readFile(path)
    for (let at = 0; at < whole.length; at++) {
      const changed = Buffer.from(whole)
      changed[at]! ^= 1
      await writeFile(path, changed)
      await expect(readSavepoint(path), `byte ${at}`).rejects.toThrow(/CHECKPOINT_(CORRUPT|NEWER_VERSION)/)
    }
  })

  it('is refused when it goes on behind its end', async () => {
    await writeSavepoint(path, checkpoint)
    await writeFile(path, Buffer.concat([await readFile(path), Buffer.of(0)]))
    await expect(readSavepoint(path)).rejects.toThrow('and should have')
  })

  it('is refused when a later version wrote it', async () => {
    await writeSavepoint(path, checkpoint)
    const bytes = await readFile(path)
    bytes.writeUInt32BE(2, 8)
    await writeFile(path, bytes)
    await expect(readSavepoint(path)).rejects.toThrow('CHECKPOINT_NEWER_VERSION')
  })

  it('is refused when it is another kind of file, or none', async () => {
    await writeFile(path, 'time,value\n1,2\n'.repeat(20))
    await expect(readSavepoint(path)).rejects.toThrow('it is no savepoint')
    await expect(readSavepoint(join(directory, 'missing'))).rejects.toMatchObject({ code: 'CHECKPOINT_FAILED' })
    await expect(writeSavepoint(join(directory, 'missing', 'file'), checkpoint)).rejects.toMatchObject({
      code: 'CHECKPOINT_FAILED',
    })
  })
})

function bytesAsNumbers({ snapshots, positions, ...task }: SavedCheckpoint['tasks'][number]) {
  return { ...task, positions: [...positions], snapshots: snapshots.map(bytes => [...bytes]) }
}
