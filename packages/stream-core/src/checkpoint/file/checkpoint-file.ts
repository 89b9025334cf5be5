import { createHash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'
import { StreamError } from '../../errors.ts'
import type { StoredTask } from '../stored-task.ts'
import { diskError, errorCode } from './durable-write.ts'

/**
 * A checkpoint's file: 8 bytes of magic, format version and length of the index (32 bits each, big-endian), SHA-256 of all that and the index,
 * the index as JSON, then the snapshots that this checkpoint added. The index tells all of every task of the job; snapshots of earlier checkpoints that
 * are still needed stay in their files, and the index says where.
 */
export interface CheckpointIndex {
  readonly job: string
  readonly number: number
  readonly tasks: ReadonlyMap<string, StoredTask<SnapshotPlace>>
}

/** Where a snapshot is: file number, offset behind that file's index, length and SHA-256. */
export interface SnapshotPlace {
  readonly file: number
  readonly offset: number
  readonly length: number
  readonly sha256: string
}

export const FORMAT_VERSION = 1

/** What to write, in order, without copying the snapshots. */
export function encodeCheckpoint(index: CheckpointIndex, snapshots: readonly Uint8Array[]): Uint8Array[] {
  const text = Buffer.from(JSON.stringify(index, (_, value) => (value instanceof Map ? [...value] : value)))
  const header = Buffer.alloc(HEADER_BYTES)
  header.write(MAGIC, 'latin1')
  header.writeUInt32BE(FORMAT_VERSION, 8)
  header.writeUInt32BE(text.length, 12)
  header.write(headSum(header, text), 16, 'hex')
  return [header, text, ...snapshots]
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** The index of a file; 'torn' when the file is shorter than what it should hold. Otherwise damaged: CHECKPOINT_CORRUPT. */
export async function readIndex(path: string): Promise<CheckpointIndex | 'torn'> {
  return reading(path, async file => {
    const { size } = await file.stat()
    if (size < HEADER_BYTES) return 'torn'
    const header = await readExactly(file, 0, HEADER_BYTES)
    if (header.toString('latin1', 0, 8) !== MAGIC) throw corrupt(path, 'it does not begin as a checkpoint does')
    refuseNewer(path, header.readUInt32BE(8))
    const length = header.readUInt32BE(12)
    if (size < HEADER_BYTES + length) return 'torn'
    const text = await readExactly(file, HEADER_BYTES, length)
    if (headSum(header, text) !== header.toString('hex', 16, 48))
      throw corrupt(path, 'its index does not match its checksum')
    const index = parseIndex(text.toString())
    const expected = HEADER_BYTES + length + snapshotBytes(index)
    if (size < expected) return 'torn'
    if (size > expected) throw corrupt(path, `it has ${size} bytes and should have ${expected}`)
    return index
  })
}

/** One snapshot out of a file. */
export async function readSnapshot(path: string, place: SnapshotPlace): Promise<Uint8Array> {
  return reading(path, async file => {
    const header = await readExactly(file, 0, HEADER_BYTES)
    const start = HEADER_BYTES + header.readUInt32BE(12) + place.offset
    const bytes = await readExactly(file, start, place.length)
    if (sha256(bytes) !== place.sha256) throw corrupt(path, 'a snapshot in it does not match its checksum')
    return bytes
  })
}

export function corrupt(path: string, what: string): StreamError {
  return new StreamError(
    'CHECKPOINT_CORRUPT',
    `${path} is damaged: ${what}. Bring it back from a copy, or delete it to go on from the checkpoint before it, if there is one.`,
  )
}

const MAGIC = 'RTPCKPT\n'
const HEADER_BYTES = 48

function headSum(header: Buffer, index: Buffer): string {
  return createHash('sha256').update(header.subarray(0, 16)).update(index).digest('hex')
}

async function reading<R>(path: string, read: (file: FileHandle) => Promise<R>): Promise<R> {
  let file: FileHandle
  try {
    file = await open(path, 'r')
  } catch (cause) {
    throw errorCode(cause) === 'ENOENT'
      ? corrupt(path, 'it is missing, though a later checkpoint needs it')
      : diskError(path, cause)
  }
  try {
    return await read(file)
  } catch (cause) {
    if (cause instanceof RangeError) throw corrupt(path, 'it ends too early')
    throw diskError(path, cause)
  } finally {
    await file.close()
  }
}

async function readExactly(file: FileHandle, from: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length)
  for (let at = 0; at < length; ) {
    const { bytesRead } = await file.read(bytes, at, length - at, from + at)
    if (bytesRead === 0) throw new RangeError(`the file ends at ${from + at}`)
    at += bytesRead
  }
  return bytes
}

function refuseNewer(path: string, version: number): void {
  if (version <= FORMAT_VERSION) return
  throw new StreamError(
    'CHECKPOINT_NEWER_VERSION',
    `${path} has format ${version}, and this version of the library reads up to ${FORMAT_VERSION}. Run the version that wrote it, or a later one.`,
  )
}

/** Trusts the shape: the checksum has matched, so the text is what this module wrote. */
function parseIndex(text: string): CheckpointIndex {
  const { job, number, tasks } = JSON.parse(text) as {
    job: string
    number: number
    tasks: [string, Omit<StoredTask<SnapshotPlace>, 'positions'> & { positions: [] }][]
  }
  return {
    job,
    number,
    tasks: new Map(tasks.map(([name, task]) => [name, { ...task, positions: new Map(task.positions) }])),
  }
}

function snapshotBytes(index: CheckpointIndex): number {
  let total = 0
  for (const task of index.tasks.values()) {
    for (const place of task.snapshots) if (place.file === index.number) total += place.length
  }
  return total
}
