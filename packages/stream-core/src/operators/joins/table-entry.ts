import { checkKey, encodeKey, type Key } from '../../state/key.ts'
import type { StateReader } from '../../state/state-reader.ts'
import { StateWriter } from '../../state/state-writer.ts'
import type { JoinInput } from './join-kind.ts'
import type { KeyEntry } from './key-table.ts'
import type { Swept } from './sweep-queue.ts'

/** A row of a table, and how many equal ones there are. */
export interface StoredRow {
  value: unknown
  count: number
  /** How many of them are out as pairs with null. */
  padded: number
  expiresAt: number
}

/** Rows of two tables that have one key, by what tells them apart, in order of when they were first put. */
export class TableEntry implements KeyEntry, Swept {
  readonly key: Key
  readonly rows: readonly [Map<string, StoredRow>, Map<string, StoredRow>] = [new Map(), new Map()]
  changed = false
  sweepAt = Number.POSITIVE_INFINITY
  wasEmpty = false
  /** No row expires before this time. */
  nextExpiry = Number.POSITIVE_INFINITY

  constructor(key: Key) {
    this.key = key
  }

  get isEmpty(): boolean {
    return this.rows[0].size === 0 && this.rows[1].size === 0
  }

  put(input: JoinInput, id: string, value: unknown, expiresAt: number): StoredRow {
    let stored = this.rows[input].get(id)
    if (stored === undefined) {
      stored = { value, count: 0, padded: 0, expiresAt }
      this.rows[input].set(id, stored)
    }
    stored.count++
    stored.expiresAt = Math.max(stored.expiresAt, expiresAt)
    this.nextExpiry = Math.min(this.nextExpiry, expiresAt)
    return stored
  }

  take(input: JoinInput, id: string, stored: StoredRow): void {
    if (stored.count > 1) stored.count--
    else this.rows[input].delete(id)
  }

  /** Forgets rows whose time to live is over. Nothing comes out: pairs that are out stay out. */
  expire(clock: number): void {
    if (clock < this.nextExpiry) return
    this.nextExpiry = Number.POSITIVE_INFINITY
    for (const input of INPUTS) {
      for (const [id, row] of this.rows[input]) {
        if (row.expiresAt <= clock) this.rows[input].delete(id)
        else this.nextExpiry = Math.min(this.nextExpiry, row.expiresAt)
      }
    }
  }

  /** Tells rows apart by what is in them. */
  contentId(row: unknown): string {
    const bytes = WRITER.value(row).take()
    let text = ''
    for (const byte of bytes) text += String.fromCharCode(byte)
    return text
  }

  keyId(id: Key): string {
    checkKey(id)
    return encodeKey(id)
  }

  write(state: StateWriter): void {
    for (const rows of this.rows) {
      state.uint(rows.size)
      for (const [id, { value, count, padded, expiresAt }] of rows) {
        state.text(id).value(value).uint(count).uint(padded).float64(expiresAt)
      }
    }
  }

  read(state: StateReader): void {
    for (const rows of this.rows) {
      for (let left = state.uint(); left > 0; left--) {
        const id = state.text()
        const row = { value: state.value(), count: state.uint(), padded: state.uint(), expiresAt: state.float64() }
        rows.set(id, row)
        this.nextExpiry = Math.min(this.nextExpiry, row.expiresAt)
      }
    }
  }
}

const INPUTS = [0, 1] as const
const WRITER = new StateWriter()
