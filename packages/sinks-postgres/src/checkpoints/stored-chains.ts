import { crc32 } from 'node:zlib'
import { type Position, StreamError, type TaskLayout } from '@rtp/stream-core/extend'
import type { Row } from '../connection/statement-batch.ts'

/** Where the stored state of a task must end. */
export interface ChainEnd {
  readonly task: string
  readonly sequence: number
  readonly positions: ReadonlyMap<string, Position>
}

/**
 * The snapshots of each task, oldest first. `rows` come by task, sequence and part. Throws CHECKPOINT_CORRUPT when a piece is missing or is not
 * what was written: the tables are the user's, and half a state would give wrong results without a word.
 */
export function storedChains(rows: readonly Row[], ends: readonly ChainEnd[]): Map<string, Uint8Array[]> {
  const rowsOf = new Map<string, Row[]>()
  for (const row of rows) {
    const task = row['task'] ?? ''
    const ofTask = rowsOf.get(task)
    if (ofTask === undefined) rowsOf.set(task, [row])
    else ofTask.push(row)
  }
  return new Map(ends.map(end => [end.task, chainOf(end, rowsOf.get(end.task) ?? [])]))
}

/** What is kept beside a piece, to tell later that it is still the same. */
export function checksum(bytes: Uint8Array): number {
  return crc32(bytes)
}

/** Throws CHECKPOINT_CORRUPT. */
export function parseLayout(text: string | null, task: string): TaskLayout | undefined {
  if (text === null) return undefined
  try {
    return JSON.parse(text) as TaskLayout
  } catch (cause) {
    throw corrupt(`the stored layout of task "${task}" cannot be read`, cause)
  }
}

export function corrupt(what: string, cause?: unknown): StreamError {
  return new StreamError(
    'CHECKPOINT_CORRUPT',
    `${what}. Somebody has changed the checkpoint tables, or the disk has; restore them from a backup, or put the job back to an older checkpoint (rtp checkpoint rewind).`,
    { cause },
  )
}

function chainOf({ task, sequence, positions }: ChainEnd, rows: readonly Row[]): Uint8Array[] {
  if (rows.length === 0) {
    // A task that was emptied has neither state nor positions.
    if (sequence > 0 && positions.size > 0)
      throw corrupt(`the state of task "${task}" is missing, its positions are there`)
    return []
  }
  const { sequence: first, base } = rows[0]!
  if (first !== base) throw corrupt(`the state of task "${task}" begins at checkpoint ${first}, not at ${base}`)
  const chain: { readonly sequence: number; readonly pieces: Buffer[]; readonly length: number | undefined }[] = []
  for (const row of rows) {
    const at = Number(row['sequence'])
    let last = chain.at(-1)
    if (last?.sequence !== at) {
      if (last !== undefined && at !== last.sequence + 1)
        throw corrupt(`checkpoint ${last.sequence + 1} of task "${task}" is missing`)
      const parts = row['parts'] ?? null
      last = { sequence: at, pieces: [], length: parts === null ? undefined : Number(parts) }
      chain.push(last)
    }
    if (Number(row['part']) !== last.pieces.length) throw missingPiece(task, at, last.pieces.length)
    last.pieces.push(pieceOf(row, task))
  }
  for (const { sequence: at, pieces, length } of chain)
    if (length !== undefined && pieces.length < length) throw missingPiece(task, at, pieces.length)
  if (chain.at(-1)!.sequence !== sequence)
    throw corrupt(`the state of checkpoint ${sequence} of task "${task}" is missing`)
  return chain.map(({ pieces }) => (pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces)))
}

function missingPiece(task: string, sequence: number, piece: number): StreamError {
  return corrupt(`piece ${piece} of the state of checkpoint ${sequence} of task "${task}" is missing`)
}

function pieceOf(row: Row, task: string): Buffer {
  const bytes = Buffer.from(row['bytes'] ?? '', 'hex')
  // Pieces of versions before there were checksums have none.
  const expected = row['crc32'] ?? null
  if (expected === null || Number(expected) === checksum(bytes)) return bytes
  throw corrupt(
    `the state of checkpoint ${row['sequence']} of task "${task}" is not what was written: piece ${row['part']} does not match its checksum`,
  )
}
