import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { Position } from '../../connectors/source.ts'
import { StreamError } from '../../errors.ts'
import type { SavedCheckpoint, SavedTask } from '../checkpoint-archive.ts'
import { sha256 } from './checkpoint-file.ts'
import { diskError, writeDurably } from './durable-write.ts'

/**
 * A checkpoint of a whole job in one file that no store keeps. 8 bytes of magic, format version and length of the index (32 bits each,
 * big-endian), SHA-256 of all that and the index, the index as JSON, then the snapshots in the order of the index, which holds their checksums. It is there as a
 * whole or not at all; CHECKPOINT_FAILED when the disk refuses.
 */
export async function writeSavepoint(path: string, checkpoint: SavedCheckpoint): Promise<void> {
  await writeDurably(path, encodeSavepoint(checkpoint))
}

/** Throws CHECKPOINT_CORRUPT for a file that is cut short or changed, CHECKPOINT_NEWER_VERSION for one of a later version of this library. */
export async function readSavepoint(path: string): Promise<SavedCheckpoint> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw diskError(path, cause)
  })
  return decodeSavepoint(path, bytes)
}

const MAGIC = 'RTPSAVE\n'
const HEADER_BYTES = 48
const FORMAT_VERSION = 1

interface StoredSnapshot {
  readonly length: number
  readonly sha256: string
}

interface SavepointIndex extends Omit<SavedCheckpoint, 'tasks'> {
  readonly tasks: readonly (Omit<SavedTask, 'positions' | 'snapshots'> & {
    readonly positions: readonly (readonly [string, Position])[]
    readonly snapshots: readonly StoredSnapshot[]
  })[]
}

function encodeSavepoint({ job, number, committedAt, tasks }: SavedCheckpoint): Uint8Array[] {
  const index: SavepointIndex = {
    job,
    number,
    committedAt,
    tasks: tasks.map(({ task, epoch, sequence, positions, layout, snapshots }) => ({
      task,
      epoch,
      sequence,
      positions: [...positions],
      layout,
      snapshots: snapshots.map(bytes => ({ length: bytes.length, sha256: sha256(bytes) })),
    })),
  }
  const text = Buffer.from(JSON.stringify(index))
  const header = Buffer.alloc(HEADER_BYTES)
  header.write(MAGIC, 'latin1')
  header.writeUInt32BE(FORMAT_VERSION, 8)
  header.writeUInt32BE(text.length, 12)
  header.write(headSum(header, text), 16, 'hex')
  return [header, text, ...tasks.flatMap(({ snapshots }) => snapshots)]
}

function decodeSavepoint(path: string, bytes: Buffer): SavedCheckpoint {
  const start = bytes.toString('latin1', 0, MAGIC.length)
  if (!MAGIC.startsWith(start)) throw damaged(path, 'it is no savepoint')
  if (bytes.length < HEADER_BYTES) throw cutShort(path, bytes.length, HEADER_BYTES)
  const version = bytes.readUInt32BE(8)
  if (version > FORMAT_VERSION) {
    throw new StreamError(
      'CHECKPOINT_NEWER_VERSION',
      `${path} has savepoint format ${version}, and this version of the library reads up to ${FORMAT_VERSION}. Run the version that wrote it, or a later one.`,
    )
  }
  const indexEnd = HEADER_BYTES + bytes.readUInt32BE(12)
  if (bytes.length < indexEnd) throw cutShort(path, bytes.length, indexEnd)
  const text = bytes.subarray(HEADER_BYTES, indexEnd)
  if (headSum(bytes, text) !== bytes.toString('hex', 16, HEADER_BYTES))
    throw damaged(path, 'its index does not match its checksum')
  // The checksum has matched, so the text is what this module wrote.
  const { tasks, ...head } = JSON.parse(text.toString()) as SavepointIndex
  const all = tasks.flatMap(({ snapshots }) => snapshots)
  const expected = all.reduce((sum, { length }) => sum + length, indexEnd)
  if (bytes.length < expected) throw cutShort(path, bytes.length, expected)
  if (bytes.length > expected) throw damaged(path, `it has ${bytes.length} bytes and should have ${expected}`)
  let at = indexEnd
  const take = ({ length, sha256: sum }: StoredSnapshot): Uint8Array => {
    const snapshot = bytes.subarray(at, (at += length))
    if (sha256(snapshot) !== sum) throw damaged(path, 'a snapshot in it does not match its checksum')
    return snapshot
  }
  return {
    ...head,
    tasks: tasks.map(task => ({
      ...task,
      layout: task.layout,
      positions: new Map(task.positions),
      snapshots: task.snapshots.map(take),
    })),
  }
}

function headSum(header: Buffer, index: Buffer): string {
  return createHash('sha256').update(header.subarray(0, 16)).update(index).digest('hex')
}

function cutShort(path: string, is: number, expected: number): StreamError {
  return damaged(path, `it is cut short: ${is} bytes of at least ${expected}`)
}

function damaged(path: string, what: string): StreamError {
  return new StreamError(
    'CHECKPOINT_CORRUPT',
    `${path} cannot be used: ${what}. Nothing was changed. Export it again, or bring it back from a copy.`,
  )
}
