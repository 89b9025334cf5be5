import type pg from 'pg'
import { copy } from './copy.ts'
import { type Row, TRANSACTION_ROWS } from './row.ts'
import { ROW_COLUMNS, ROW_TABLE } from './row-table.ts'

export const COPY_ROWS_BINARY = `copy ${ROW_TABLE} (${ROW_COLUMNS}) from stdin (format binary)`

/**
 * COPY BINARY for this table alone: fields at fixed places, no check of any value. A COPY outside a transaction block is a transaction of its
 * own, which saves BEGIN and COMMIT; the next rows are encoded while the server takes the last.
 */
export async function copyBinaryByHand(client: pg.Client, rows: readonly Row[]): Promise<void> {
  const buffers = [newBuffer(), newBuffer()]
  let underWay: Promise<void> = Promise.resolve()
  for (let first = 0, turn = 0; first < rows.length; first += TRANSACTION_ROWS, turn ^= 1) {
    const bytes = encodeRows(rows, first, Math.min(rows.length, first + TRANSACTION_ROWS), buffers[turn]!)
    await underWay
    underWay = copy(client, COPY_ROWS_BINARY, bytes)
  }
  await underWay
}

export interface RowBuffer {
  readonly bytes: Buffer
  readonly view: DataView
}

/** Room for the rows of one transaction. */
export function newBuffer(): RowBuffer {
  const bytes = Buffer.allocUnsafeSlow(TRANSACTION_ROWS * MAX_ROW_BYTES)
  return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength) }
}

export function encodeRows(rows: readonly Row[], first: number, end: number, { bytes, view }: RowBuffer): Buffer {
  let at = HEADER.copy(bytes)
  for (let i = first; i < end; i++) {
    const { eventTime, sensorId, value, payload, partition, offset } = rows[i]!
    const micros = (eventTime - POSTGRES_EPOCH_MS) * 1000
    view.setInt16(at, 6)
    view.setInt32(at + 2, 8)
    putLong(view, at + 6, micros)
    view.setInt32(at + 14, 8)
    putLong(view, at + 18, sensorId)
    view.setInt32(at + 26, 8)
    view.setFloat64(at + 30, value)
    at += 38
    if (payload === null) {
      view.setInt32(at, -1)
      at += 4
    } else {
      const length = bytes.write(payload, at + 5)
      view.setInt32(at, length + 1)
      bytes[at + 4] = JSONB_VERSION
      at += 5 + length
    }
    view.setInt32(at, 4)
    view.setInt32(at + 4, partition)
    view.setInt32(at + 8, 8)
    putLong(view, at + 12, offset)
    at += 20
  }
  view.setInt16(at, -1)
  return bytes.subarray(0, at + 2)
}

function putLong(view: DataView, at: number, value: number): void {
  const high = Math.floor(value / 0x1_0000_0000)
  view.setInt32(at, high)
  view.setUint32(at + 4, value - high * 0x1_0000_0000)
}

/** Signature, no flags, no header extension. */
const HEADER = Buffer.concat([Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1'), Buffer.alloc(8)])
const POSTGRES_EPOCH_MS = Date.UTC(2000, 0, 1)
const JSONB_VERSION = 1
const MAX_ROW_BYTES = 128
