import { createHash } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type CheckpointIndex, readSnapshot, type SnapshotPlace } from './checkpoint-file.ts'

/** Numbers of the checkpoint files in a folder, latest first. */
export async function checkpointNumbers(path: string): Promise<number[]> {
  const files = await readdir(path)
  const numbers = files.flatMap(file => CHECKPOINT_FILE.exec(file)?.[1] ?? [])
  return numbers.map(Number).sort((a, b) => b - a)
}

const CHECKPOINT_FILE = /^checkpoint-(\d+)\.bin$/

export function checkpointPath(path: string, number: number): string {
  return join(path, `checkpoint-${String(number).padStart(10, '0')}.bin`)
}

/** Readable, safe on every file system, and different for every job. */
export function folderName(job: string): string {
  const readable = job.replaceAll(/[^A-Za-z0-9_-]/g, '_').slice(0, 64)
  return `${readable}-${createHash('sha256').update(job).digest('hex').slice(0, 12)}`
}

/** Files without which the checkpoint cannot be restored. */
export function neededFiles(index: CheckpointIndex): ReadonlySet<number> {
  const files = new Set([index.number])
  for (const task of index.tasks.values()) for (const place of task.snapshots) files.add(place.file)
  return files
}

export async function readSnapshots(path: string, places: readonly SnapshotPlace[]): Promise<Uint8Array[]> {
  const snapshots: Uint8Array[] = []
  for (const place of places) snapshots.push(await readSnapshot(checkpointPath(path, place.file), place))
  return snapshots
}
