import type { Batch, SealedOutput, Sink, SinkWriter } from '@rtp/stream-core/extend'
import type { SimulatedDatabase, SimulatedRow } from './simulated-database.ts'
import type { SimulatedProcess } from './simulated-process.ts'
import type { SimulatedTransaction } from './simulated-store.ts'

export interface SimulatedSinkOptions<T> {
  /** Makes the table one that is addressed by key: a later row replaces the one before. Left out: rows are appended. */
  readonly keyOf?: (row: T) => string
  /** False: written before the checkpoint commits, not with it, so that only a table addressed by key ends up right. Default true. */
  readonly isTransactional?: boolean
}

export interface SinkSetting {
  readonly process: SimulatedProcess
  readonly database: SimulatedDatabase
  /** Rows, committed or not, above which the sink asks to wait. */
  readonly capacity: number
  readonly onProblem: (problem: string) => void
}

export function simulatedSink<T>(table: string, options: SimulatedSinkOptions<T>, setting: SinkSetting): Sink<T> {
  const { keyOf, isTransactional = true } = options
  return {
    name: `simulated ${table}`,
    rewrite: keyOf === undefined ? 'append' : 'idempotent',
    ...(isTransactional ? { scope: setting.database.scope } : {}),
    open: async () => {
      await setting.process.call<void>('db.openSink', reply => reply.ok(undefined))
      return new SimulatedWriter(table, options, setting)
    },
  }
}

class SimulatedWriter<T> implements SinkWriter<T> {
  readonly #table: string
  readonly #options: SimulatedSinkOptions<T>
  readonly #setting: SinkSetting
  #open: SimulatedRow[] = []
  #buffered = 0
  #sealedParts = 0
  #isClosed = false
  #wakeUps: (() => void)[] = []

  constructor(table: string, options: SimulatedSinkOptions<T>, setting: SinkSetting) {
    this.#table = table
    this.#options = options
    this.#setting = setting
  }

  write(batch: Batch<T>): void {
    if (this.#isClosed)
      this.#setting.onProblem(`${this.#setting.process.name} writes to ${this.#table} after closing it`)
    for (let i = 0; i < batch.size; i++) {
      const value = batch.values[i]!
      this.#open.push({ table: this.#table, key: this.#options.keyOf?.(value), text: JSON.stringify(value) })
    }
    this.#buffered += batch.size
  }

  ready(): Promise<void> | undefined {
    if (this.#buffered < this.#setting.capacity) return undefined
    return new Promise(resolve => this.#wakeUps.push(resolve))
  }

  seal(): SealedOutput | undefined {
    const rows = this.#open
    if (rows.length === 0) return undefined
    this.#open = []
    const { process, database, onProblem } = this.#setting
    if (++this.#sealedParts > 1) onProblem(`${process.name} buffers more than two cuts of ${this.#table}`)
    const write = async (effect: () => void): Promise<void> => {
      await process.call<void>('db.write', reply => {
        effect()
        reply.ok(undefined)
      })
      this.#sealedParts--
      this.#buffered -= rows.length
      for (const wakeUp of this.#wakeUps.splice(0)) wakeUp()
    }
    return {
      records: rows.length,
      bytes: rows.length,
      flush: () => write(() => database.write(rows)),
      join: transaction => write(() => (transaction as SimulatedTransaction).rows.push(...rows)),
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#open = []
    for (const wakeUp of this.#wakeUps.splice(0)) wakeUp()
  }
}
