import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type CheckpointIndex,
  encodeCheckpoint,
  readIndex,
  readSnapshot,
  sha256,
} from '../../../src/checkpoint/file/checkpoint-file.ts'
import type { Position } from '../../../src/connectors/source.ts'

let directory: string
let path: string

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'rtp-checkpoint-file-'))
  path = join(directory, 'checkpoint-3.bin')
})

afterAll(() => rm(directory, { recursive: true, force: true }))

const snapshot = Uint8Array.of(1, 2, 3)
const place = { file: 3, offset: 0, length: 3, sha256: sha256(snapshot) }
const positions = new Map<string, Position>([
  ['readings/0', 2 ** 53 - 1],
  ['files/1', { byte: 10, path: 'a "quoted" ✓ name' }],
])
const index: CheckpointIndex = {
  job: 'counts ✓',
  number: 3,
  tasks: new Map([
    [
      'task 0',
      {
        epoch: 2,
        sequence: 3,
        positions,
        layout: { mode: 'perPartition', partitions: { readings: 2, files: 2 } },
        snapshots: [{ file: 2, offset: 9, length: 7, sha256: '00' }, place],
      },
    ],
  ]),
}
const intact = Buffer.concat(encodeCheckpoint(index, [snapshot]))

describe('a checkpoint file', () => {
  it('gives back its index and its snapshots', async () => {
    await writeFile(path, intact)
    expect(await readIndex(path)).toEqual(index)
    expect([...(await readSnapshot(path, place))]).toEqual([1, 2, 3])
  })

  it('is torn when it is cut off anywhere', async () => {
    for (let size = 0; size < intact.length; size++) {
      await writeFile(path, intact.subarray(0, size))
      expect(await readIndex(path), `cut off at ${size}`).toBe('torn')
    }
  })

  it('is refused when any bit of it has changed', async () => {
    for (let at = 0; at < intact.length; at++) {
      const damaged = Buffer.from(intact)
      damaged[at]! ^= 1 << (at % 8)
      await writeFile(path, damaged)
      const read = readIndex(path).then(async found => (found === 'torn' ? found : await readSnapshot(path, place)))
      // A greater length of the index reads as a file that is cut off, and a greater version as a later one.
      const outcome = await read.catch((cause: unknown) => (cause as { code: string }).code)
      const allowed =
        at < 8 || at >= 16 ? ['CHECKPOINT_CORRUPT'] : ['CHECKPOINT_CORRUPT', 'CHECKPOINT_NEWER_VERSION', 'torn']
      expect(allowed, `bit ${at % 8} of byte ${at}`).toContain(outcome)
    }
  })

  it('is refused when something was added to it', async () => {
    await writeFile(path, Buffer.concat([intact, Buffer.of(0)]))
    await expect(readIndex(path)).rejects.toMatchObject({ code: 'CHECKPOINT_CORRUPT' })
  })
})
