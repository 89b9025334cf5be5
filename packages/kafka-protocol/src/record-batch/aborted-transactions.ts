import { VarintReader } from '../varint.ts'
import type { RecordBatchCursor } from './batch-cursor.ts'
import { readInt16 } from './header.ts'

/** One entry of the list that a Fetch answer carries for read_committed. */
export interface AbortedTransaction {
  readonly producerId: number
  readonly firstOffset: number
}

/** How a transaction ended, as its marker in the log says. */
export type TransactionMarker = 'abort' | 'commit'

/**
 * Decides batch by batch, in log order, what a read_committed reader does not see: control batches, and batches of transactions that
 * were aborted. Markers are known by the control bit of their batch, never by their content.
 */
export class AbortedTransactions {
  readonly #pending: AbortedTransaction[]
  readonly #open = new Set<number>()
  #next = 0

  constructor(aborted: readonly AbortedTransaction[]) {
    this.#pending = [...aborted].sort((one, other) => one.firstOffset - other.firstOffset)
  }

  /** True when the cursor's current batch is to be left out; call it once for every batch. */
  hides(batch: RecordBatchCursor): boolean {
    while (this.#next < this.#pending.length && this.#pending[this.#next]!.firstOffset <= batch.lastOffset)
      this.#open.add(this.#pending[this.#next++]!.producerId)
    if (batch.isControl) {
      if (transactionMarker(batch) === 'abort') this.#open.delete(batch.producerId)
      return true
    }
    return batch.isTransactional && this.#open.has(batch.producerId)
  }
}

/** What a control batch says; undefined for a batch without records, another kind of control record or one of a newer version. */
export function transactionMarker(batch: RecordBatchCursor): TransactionMarker | undefined {
  if (!batch.isControl || batch.recordCount === 0) return undefined
  const reader = new VarintReader(batch.bytes, batch.recordsStart, batch.end)
  reader.varint()
  reader.at++
  reader.varlong()
  reader.varint()
  const keyLength = reader.varint()
  // The key is version: int16, type: int16 (KIP-98).
  if (keyLength < 4 || reader.at + 4 > batch.end) return undefined
  const type = readInt16(batch.bytes, reader.at + 2)
  return type === 0 ? 'abort' : type === 1 ? 'commit' : undefined
}
