import type { Accumulator } from '../../aggregates/aggregate.ts'
import type { StateReader } from '../../state/state-reader.ts'
import type { StateWriter } from '../../state/state-writer.ts'
import type { SessionTable } from '../../windows/session-table.ts'
import { CHANGED, UNFIRED } from '../../windows/slot-table.ts'
import type { SnapshotScope } from '../operator.ts'

interface StoredSessions {
  readonly isFull: boolean
  readonly watermark: number
  /** Numbers of sessions that were closed. */
  readonly closed: readonly number[]
  readonly slots: readonly number[]
}

/** Writes and reads sessions: all, or those that changed, with the numbers of those that were closed or merged since. */
export class SessionState {
  readonly #operator: string
  readonly #sessions: SessionTable
  readonly #accumulator: Accumulator<never, unknown>
  #closed: number[] = []
  /** Slots by the number of the session, while snapshots are read. */
  #byId: Map<number, number> | undefined

  constructor(operator: string, sessions: SessionTable, accumulator: Accumulator<never, unknown>) {
    this.#operator = operator
    this.#sessions = sessions
    this.#accumulator = accumulator
  }

  /** Forgets a session. */
  close(slot: number): void {
    this.#closed.push(this.#sessions.slots.place(slot))
    this.#sessions.close(slot)
  }

  write(state: StateWriter, scope: SnapshotScope, watermark: number): void {
    const isFull = scope === 'all'
    const closed = isFull ? [] : this.#closed
    this.#closed = []
    const changed = this.#sessions.slots.takeChanges()
    this.#write(state, { isFull, watermark, closed, slots: isFull ? [...this.#sessions.ofKeys()].flat() : changed })
  }

  /** Writes open sessions as `write` would, and leaves them changed or not, as they are. */
  writeOpen(state: StateWriter, slots: readonly number[], watermark: number): void {
    this.#write(state, { isFull: false, watermark, closed: [], slots })
  }

  /** Reads what `write` wrote; returns the watermark. */
  read(state: StateReader): number {
    state.version(STATE_VERSION, `${this.#operator}: session state`)
    const sessions = this.#sessions
    const byId = (this.#byId ??= new Map())
    if (state.uint8() === 1) {
      const all: number[] = []
      sessions.eachSlot(slot => all.push(slot))
      for (const slot of all) sessions.close(slot)
      byId.clear()
    }
    const watermark = state.float64()
    const ordinal = state.uint()
    for (let left = state.uint(); left > 0; left--) {
      const id = state.uint()
      const slot = byId.get(id)
      // A session that opened and closed between two snapshots is in neither.
      if (slot === undefined) continue
      sessions.close(slot)
      byId.delete(id)
    }
    for (let left = state.uint(); left > 0; left--) this.#readSession(state, byId)
    sessions.slots.ordinal = ordinal
    return watermark
  }

  /** All snapshots are read. */
  restored(): void {
    this.#byId = undefined
  }

  #write(state: StateWriter, { isFull, watermark, closed, slots }: StoredSessions): void {
    state
      .uint8(STATE_VERSION)
      .uint8(isFull ? 1 : 0)
      .float64(watermark)
      .uint(this.#sessions.slots.ordinal)
      .uint(closed.length)
    for (const id of closed) state.uint(id)
    state.uint(slots.length)
    for (const slot of slots) this.#writeSession(slot, state)
  }

  #writeSession(slot: number, state: StateWriter): void {
    const { slots, starts, ends } = this.#sessions
    state.uint(slots.place(slot)).key(slots.key(slot)).float64(starts[slot]!).float64(ends[slot]!)
    state
      .uint(slots.firsts[slot]!)
      .uint8(slots.flags[slot]! & UNFIRED)
      .uint(slots.firings[slot]!)
    this.#accumulator.write(slot, state)
  }

  #readSession(state: StateReader, byId: Map<number, number>): void {
    const sessions = this.#sessions
    const id = state.uint()
    const key = state.key()
    const start = state.float64()
    const end = state.float64()
    const slot = byId.get(id) ?? sessions.open(key, start, end, id)
    byId.set(id, slot)
    sessions.starts[slot] = start
    sessions.ends[slot] = end
    const { slots } = sessions
    slots.firsts[slot] = state.uint()
    slots.unmark(slot, UNFIRED)
    slots.mark(slot, state.uint8() | CHANGED)
    slots.firings[slot] = state.uint()
    this.#accumulator.read(slot, state)
  }
}

/** First byte of the state; raised when its layout changes. */
const STATE_VERSION = 1
