import { errorCodes } from '@rtp/kafka-protocol'

/** How many batches of a producer are remembered, so that a repeated one is recognised: Kafka's own number (KIP-98). */
const REMEMBERED_BATCHES = 5
/** More producers than this are forgotten, the longest silent first; Kafka forgets them after a day. */
const MAX_PRODUCERS = 20_000
const SEQUENCES = 2 ** 31

export interface BatchIdentity {
  readonly producerId: number
  readonly epoch: number
  readonly firstSequence: number
  readonly recordCount: number
  readonly isTransactional: boolean
}

interface ProducerState {
  epoch: number
  /** -1 when this epoch has written nothing yet. */
  lastSequence: number
  batches: { firstSequence: number; lastSequence: number; baseOffset: number }[]
}

/** What a check says: write it, it is there already at that offset, or it is refused. */
export type SequenceCheck =
  | { readonly kind: 'append' }
  | { readonly kind: 'duplicate'; readonly baseOffset: number }
  | { readonly kind: 'refused'; readonly errorCode: number }

const append: SequenceCheck = { kind: 'append' }

/** Remembers, for one partition, what every idempotent producer wrote last and which transactions are open. */
export class ProducerStates {
  readonly #states = new Map<number, ProducerState>()
  /** First offset by producer id, in the order of the offsets. */
  readonly #openTransactions = new Map<number, number>()

  /** The first offset of the oldest open transaction. */
  get firstOpenOffset(): number | undefined {
    return this.#openTransactions.values().next().value
  }

  isOpen(producerId: number): boolean {
    return this.#openTransactions.has(producerId)
  }

  check(batch: BatchIdentity): SequenceCheck {
    const state = this.#states.get(batch.producerId)
    if (state === undefined) return append
    if (batch.epoch < state.epoch) return refused(errorCodes.INVALID_PRODUCER_EPOCH)
    if (batch.epoch > state.epoch) {
      return batch.firstSequence === 0 ? append : refused(errorCodes.OUT_OF_ORDER_SEQUENCE_NUMBER)
    }
    const lastSequence = lastSequenceOf(batch)
    for (const known of state.batches) {
      if (known.firstSequence === batch.firstSequence && known.lastSequence === lastSequence) {
        return { kind: 'duplicate', baseOffset: known.baseOffset }
      }
    }
    if (batch.firstSequence !== (state.lastSequence + 1) % SEQUENCES) {
      return refused(errorCodes.OUT_OF_ORDER_SEQUENCE_NUMBER)
    }
    if (!batch.isTransactional && this.isOpen(batch.producerId)) return refused(errorCodes.INVALID_TXN_STATE)
    return append
  }

  /** Takes note of a batch that was written; called again, in order, when a log is recovered. */
  batchWritten(batch: BatchIdentity, baseOffset: number): void {
    let state = this.#states.get(batch.producerId)
    if (state === undefined || state.epoch !== batch.epoch) {
      state = { epoch: batch.epoch, lastSequence: -1, batches: [] }
    }
    state.lastSequence = lastSequenceOf(batch)
    state.batches.push({ firstSequence: batch.firstSequence, lastSequence: state.lastSequence, baseOffset })
    if (state.batches.length > REMEMBERED_BATCHES) state.batches.shift()
    this.#keep(batch.producerId, state)
    if (batch.isTransactional && !this.isOpen(batch.producerId)) {
      this.#openTransactions.set(batch.producerId, baseOffset)
    }
  }

  /** Closes the producer's transaction and returns its first offset, or undefined when none was open here. */
  markerWritten(producerId: number, epoch: number): number | undefined {
    const firstOffset = this.#openTransactions.get(producerId)
    this.#openTransactions.delete(producerId)
    const state = this.#states.get(producerId)
    if (state === undefined || state.epoch !== epoch) {
      this.#keep(producerId, { epoch, lastSequence: -1, batches: [] })
    }
    return firstOffset
  }

  clear(): void {
    this.#states.clear()
    this.#openTransactions.clear()
  }

  /** Puts the producer at the end of the map: its order is the order of last use. */
  #keep(producerId: number, state: ProducerState): void {
    this.#states.delete(producerId)
    this.#states.set(producerId, state)
    if (this.#states.size <= MAX_PRODUCERS) return
    for (const id of this.#states.keys()) {
      if (this.isOpen(id)) continue
      this.#states.delete(id)
      return
    }
  }
}

function lastSequenceOf(batch: BatchIdentity): number {
  return (batch.firstSequence + batch.recordCount - 1) % SEQUENCES
}

function refused(errorCode: number): SequenceCheck {
  return { kind: 'refused', errorCode }
}
