import { messageOf, StreamError } from '../../errors.ts'
import {
  agrees,
  type StateCell,
  type StateDeclaration,
  type StateDeclarations,
  type StateKind,
} from '../../state/state-declaration.ts'
import type { StateReader } from '../../state/state-reader.ts'
import { cleanupTime, expiredUpTo, type StateTtl } from '../../state/state-ttl.ts'
import type { StateWriter } from '../../state/state-writer.ts'
import type { KeyTable } from './key-table.ts'

/** What a snapshot says of a state before what it holds. */
interface StoredHeader {
  readonly name: string
  readonly kind: string
  readonly hasTimes: boolean
}

/** What a state needs of its table. */
type StateTable = Pick<
  KeyTable<StateDeclarations>,
  'entry' | 'isReadOnly' | 'put' | 'touch' | 'scheduleCleanup' | 'now' | 'clocks'
>

/** One declared state of a table: the cell that its handle works on, and how it lies in snapshots. */
export class DeclaredState implements StateCell {
  readonly name: string
  readonly declaration: StateDeclaration<unknown>
  /** Its place in the cells of an entry. */
  readonly index: number
  readonly ttl: StateTtl | undefined
  readonly handle: unknown
  readonly #table: StateTable

  constructor(name: string, declaration: StateDeclaration<unknown>, index: number, table: StateTable) {
    this.name = name
    this.declaration = declaration
    this.index = index
    this.ttl = declaration.ttl
    this.#table = table
    this.handle = declaration.bind(this)
  }

  get(): unknown {
    return this.#table.entry().cells[this.index]
  }

  set(held: unknown): void {
    const table = this.#table
    const entry = table.entry()
    if (table.isReadOnly) {
      throw new StreamError('STATE_INVALID', `state "${this.name}" is only read here. Write it in onBroadcast.`)
    }
    if (held === undefined && entry.cells[this.index] === undefined) return
    table.put(entry, this.index, held)
    table.touch(entry)
    const { ttl } = this
    if (ttl !== undefined && held !== undefined)
      table.scheduleCleanup(entry, ttl.clock, cleanupTime(ttl, this.accessTime))
  }

  accept(value: unknown): void {
    const { schema } = this.declaration
    if (schema === undefined || agrees(value, schema)) return
    throw new StreamError(
      'STATE_INVALID',
      `a value of state "${this.name}" does not agree with its schema${typeof schema === 'string' ? ` (${schema})` : ''}. Keep what agrees, or change the schema.`,
    )
  }

  get time(): number {
    return this.#table.clocks.time
  }

  get accessTime(): number {
    const { clocks } = this.#table
    const time = this.ttl?.clock === 'processingTime' ? clocks.processingTime : clocks.accessTime
    if (time !== Number.NEGATIVE_INFINITY) return time
    throw new StreamError(
      'RECORD_TIME_MISSING',
      `state "${this.name}" expires by ${this.ttl?.clock}, and there is no such time yet: neither the record nor a watermark has one. Call withEventTime() before, or let it expire by processingTime.`,
    )
  }

  get expiredUpTo(): number {
    return expiredUpTo(this.ttl!, this.#table.now(this.ttl!.clock))
  }

  writeHeader(state: StateWriter): void {
    state
      .text(this.name)
      .text(this.declaration.kind)
      .uint8(this.ttl === undefined ? 0 : 1)
  }

  static readHeader(state: StateReader): StoredHeader {
    return { name: state.text(), kind: state.text(), hasTimes: state.uint8() === 1 }
  }

  write(held: unknown, state: StateWriter, operator: string): void {
    try {
      this.declaration.write(held, state)
    } catch (cause) {
      if (!(cause instanceof StreamError)) throw cause
      const text = messageOf(cause).slice(cause.code.length + 2)
      throw new StreamError(cause.code, `${operator}: state "${this.name}": ${text}`, { cause, place: { operator } })
    }
  }

  read(state: StateReader, stored: StoredHeader, operator: string): unknown {
    const { kind } = this.declaration
    if (stored.kind !== kind) {
      throw new StreamError(
        'STATE_INVALID',
        `${operator}: state "${this.name}" was written as ${functionOf(stored.kind)} and is now declared as ${functionOf(kind)}. Declare it as it was, or give the new state another name.`,
        { place: { operator } },
      )
    }
    // State that was written before it had a TTL begins to age now.
    const now = this.ttl === undefined ? 0 : this.#table.now(this.ttl.clock)
    const time = now === Number.NEGATIVE_INFINITY ? Number.POSITIVE_INFINITY : now
    return this.declaration.read(state, {
      hasTimes: stored.hasTimes,
      time,
      accept: value => this.#acceptStored(value, operator),
    })
  }

  #acceptStored(stored: unknown, operator: string): unknown {
    const { schema, migrate } = this.declaration
    if (schema === undefined || agrees(stored, schema)) return stored
    const value = this.#migrate(stored, operator)
    if (migrate !== undefined && agrees(value, schema)) return value
    throw new StreamError(
      'STATE_INVALID',
      migrate === undefined
        ? `${operator}: the checkpoint holds a value of state "${this.name}" that does not agree with its schema. Give the state a migrate function, let the schema take what was written before, or start under a new job name.`
        : `${operator}: migrate of state "${this.name}" returned a value that does not agree with the schema. Return what the schema takes.`,
      { place: { operator } },
    )
  }

  #migrate(stored: unknown, operator: string): unknown {
    try {
      return this.declaration.migrate?.(stored)
    } catch (cause) {
      throw new StreamError(
        'STATE_INVALID',
        `${operator}: migrate of state "${this.name}" has thrown: ${messageOf(cause)}. Nothing was restored.`,
        { cause, place: { operator } },
      )
    }
  }
}

function functionOf(kind: StateKind | string): string {
  return `${kind}State()`
}
