import { errorCodes } from '@rtp/kafka-protocol'
import type { GroupCoordinator } from '../groups/group-coordinator.ts'
import type { ChangeLog, JournalEntry, TransactionEntry } from '../storage/journal.ts'
import type { TopicStore } from '../topics/topic-store.ts'

/** Kafka's transaction.max.timeout.ms. */
const MAX_TIMEOUT_MS = 15 * 60 * 1000
/** The last epoch; behind it a transactional id gets a new producer id. */
const MAX_EPOCH = 0x7ffe

export interface ProducerIdentity {
  readonly producerId: number
  readonly epoch: number
}

export type InitResult = (ProducerIdentity & { readonly errorCode: 0 }) | { readonly errorCode: number }

interface Transaction {
  readonly id: string
  producerId: number
  epoch: number
  timeoutMs: number
  state: TransactionEntry['state']
  readonly partitions: Map<string, { topic: string; partition: number }>
  readonly groups: Set<string>
  deadline: NodeJS.Timeout | undefined
}

/** Gives out producer ids and carries out transactions (KIP-98): begin, fence, commit, abort, time out. */
export class TransactionCoordinator {
  readonly #transactions = new Map<string, Transaction>()
  readonly #topics: TopicStore
  readonly #groups: GroupCoordinator
  readonly #changes: ChangeLog
  #nextProducerId = 1000

  constructor(topics: TopicStore, groups: GroupCoordinator, changes: ChangeLog) {
    this.#topics = topics
    this.#groups = groups
    this.#changes = changes
  }

  /** A producer id for an idempotent producer without transactions. */
  newProducer(): ProducerIdentity {
    const producerId = this.#nextProducerId++
    this.#changes.append({ kind: 'nextProducerId', producerId: this.#nextProducerId })
    return { producerId, epoch: 0 }
  }

  /** Takes a transactional id over: whoever held it is fenced, and its open transaction aborted. */
  init(id: string, timeoutMs: number): InitResult {
    if (id === '') return { errorCode: errorCodes.INVALID_REQUEST }
    if (timeoutMs <= 0 || timeoutMs > MAX_TIMEOUT_MS) return { errorCode: errorCodes.INVALID_TRANSACTION_TIMEOUT }
    let transaction = this.#transactions.get(id)
    if (transaction === undefined) {
      transaction = newTransaction(id, this.newProducer(), timeoutMs)
      this.#transactions.set(id, transaction)
    } else if (transaction.state === 'Ongoing') {
      this.#fenceAndAbort(transaction)
    } else {
      this.#raiseEpoch(transaction)
    }
    transaction.timeoutMs = timeoutMs
    transaction.state = 'Empty'
    this.#save(transaction)
    return { errorCode: 0, producerId: transaction.producerId, epoch: transaction.epoch }
  }

  addPartitions(id: string, producer: ProducerIdentity, partitions: { topic: string; partition: number }[]): number {
    const transaction = this.#transactions.get(id)
    const errorCode = checkProducer(transaction, producer)
    if (errorCode !== 0 || transaction === undefined) return errorCode
    this.#begin(transaction)
    for (const one of partitions) transaction.partitions.set(`${one.topic}/${one.partition}`, one)
    this.#save(transaction)
    return 0
  }

  addGroup(id: string, producer: ProducerIdentity, group: string): number {
    const transaction = this.#transactions.get(id)
    const errorCode = checkProducer(transaction, producer)
    if (errorCode !== 0 || transaction === undefined) return errorCode
    this.#begin(transaction)
    transaction.groups.add(group)
    this.#save(transaction)
    return 0
  }

  /** Says whether this producer may send offsets of the group in its transaction. */
  checkOffsets(id: string, producer: ProducerIdentity, group: string): number {
    const transaction = this.#transactions.get(id)
    const errorCode = checkProducer(transaction, producer)
    if (errorCode !== 0) return errorCode
    return transaction?.state === 'Ongoing' && transaction.groups.has(group) ? 0 : errorCodes.INVALID_TXN_STATE
  }

  /** Says whether this producer may write to the partition in its transaction. */
  checkWrite(id: string | null, producer: ProducerIdentity, topic: string, partition: number): number {
    if (id === null) return errorCodes.INVALID_TXN_STATE
    const transaction = this.#transactions.get(id)
    const errorCode = checkProducer(transaction, producer)
    if (errorCode !== 0) return errorCode
    const isPart = transaction?.state === 'Ongoing' && transaction.partitions.has(`${topic}/${partition}`)
    return isPart ? 0 : errorCodes.INVALID_TXN_STATE
  }

  end(id: string, producer: ProducerIdentity, commit: boolean): number {
    const transaction = this.#transactions.get(id)
    const errorCode = checkProducer(transaction, producer)
    if (errorCode !== 0 || transaction === undefined) return errorCode
    // The same end again is a repeated request whose first answer was lost.
    if (transaction.state === (commit ? 'CompleteCommit' : 'CompleteAbort')) return 0
    if (transaction.state !== 'Ongoing') return errorCodes.INVALID_TXN_STATE
    this.#complete(transaction, commit)
    return 0
  }

  /** Goes on where the journal ends: a transaction that was decided is completed, an open one gets its full time again. */
  restore(entries: JournalEntry[]): void {
    for (const entry of entries) {
      if (entry.kind === 'nextProducerId') this.#nextProducerId = Math.max(this.#nextProducerId, entry.producerId)
      if (entry.kind !== 'transaction') continue
      this.#nextProducerId = Math.max(this.#nextProducerId, entry.producerId + 1)
      this.#transactions.set(entry.id, transactionOf(entry))
    }
  }

  resume(): void {
    for (const transaction of this.#transactions.values()) {
      if (transaction.state === 'PrepareCommit') this.#complete(transaction, true)
      else if (transaction.state === 'PrepareAbort') this.#complete(transaction, false)
      else if (transaction.state === 'Ongoing') this.#startDeadline(transaction)
    }
  }

  *snapshot(): Iterable<JournalEntry> {
    yield { kind: 'nextProducerId', producerId: this.#nextProducerId }
    for (const transaction of this.#transactions.values()) yield entryOf(transaction)
  }

  close(): void {
    for (const { deadline } of this.#transactions.values()) clearTimeout(deadline)
  }

  #begin(transaction: Transaction): void {
    if (transaction.state === 'Ongoing') return
    transaction.state = 'Ongoing'
    this.#startDeadline(transaction)
  }

  #startDeadline(transaction: Transaction): void {
    clearTimeout(transaction.deadline)
    transaction.deadline = setTimeout(() => this.#fenceAndAbort(transaction), transaction.timeoutMs)
    transaction.deadline.unref()
  }

  /** The markers carry the new epoch, so that the logs too refuse what the old producer still sends. */
  #fenceAndAbort(transaction: Transaction): void {
    const { producerId } = transaction
    this.#raiseEpoch(transaction)
    const epoch = transaction.producerId === producerId ? transaction.epoch : MAX_EPOCH + 1
    this.#complete(transaction, false, { producerId, epoch })
  }

  #raiseEpoch(transaction: Transaction): void {
    if (transaction.epoch < MAX_EPOCH) {
      transaction.epoch += 1
    } else {
      Object.assign(transaction, this.newProducer())
    }
  }

  #complete(transaction: Transaction, commit: boolean, marker: ProducerIdentity = transaction): void {
    clearTimeout(transaction.deadline)
    transaction.state = commit ? 'PrepareCommit' : 'PrepareAbort'
    this.#save(transaction)
    for (const { topic, partition } of transaction.partitions.values()) {
      this.#topics.partition(topic, partition)?.appendMarker(marker.producerId, marker.epoch, commit)
    }
    for (const group of transaction.groups) {
      this.#groups.get(group)?.offsets.endTransaction(marker.producerId, commit)
    }
    transaction.partitions.clear()
    transaction.groups.clear()
    transaction.state = commit ? 'CompleteCommit' : 'CompleteAbort'
    this.#save(transaction)
  }

  #save(transaction: Transaction): void {
    this.#changes.append(entryOf(transaction))
  }
}

function checkProducer(transaction: Transaction | undefined, { producerId, epoch }: ProducerIdentity): number {
  if (transaction === undefined || transaction.producerId !== producerId) return errorCodes.INVALID_PRODUCER_ID_MAPPING
  return transaction.epoch === epoch ? 0 : errorCodes.INVALID_PRODUCER_EPOCH
}

function newTransaction(id: string, producer: ProducerIdentity, timeoutMs: number): Transaction {
  const { producerId, epoch } = producer
  return {
    id,
    producerId,
    epoch,
    timeoutMs,
    state: 'Empty',
    partitions: new Map(),
    groups: new Set(),
    deadline: undefined,
  }
}

function transactionOf(entry: TransactionEntry): Transaction {
  return {
    ...newTransaction(entry.id, entry, entry.timeoutMs),
    state: entry.state,
    partitions: new Map(entry.partitions.map(([topic, partition]) => [`${topic}/${partition}`, { topic, partition }])),
    groups: new Set(entry.groups),
  }
}

function entryOf(transaction: Transaction): TransactionEntry {
  const { id, producerId, epoch, timeoutMs, state, partitions, groups } = transaction
  return {
    kind: 'transaction',
    id,
    producerId,
    epoch,
    timeoutMs,
    state,
    partitions: [...partitions.values()].map(({ topic, partition }) => [topic, partition]),
    groups: [...groups],
  }
}
