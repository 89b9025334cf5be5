import {
  compressionName,
  decodeRecords,
  RecordBatchCursor,
  RecordColumns,
  transactionMarker,
} from '@rtp/kafka-protocol'
import { StreamError } from '@rtp/stream-core/extend'
import type { KafkaCluster } from '../cluster/kafka-cluster.ts'
import { TopicLeaders } from '../cluster/topic-leaders.ts'
import { codecFor } from '../compression/compression.ts'
import { Fetcher } from '../fetcher/fetcher.ts'
import { listOffsets } from '../fetcher/list-offsets.ts'
import { earliest, latest } from '../requests/list-offsets.ts'
import {
  chunkKey,
  corruptState,
  readStateKey,
  readStateTask,
  type SnapshotPlace,
  type StateTask,
} from './state-records.ts'

/** One record, as it was written. */
interface Entry {
  readonly key: string
  /** Null deletes. */
  readonly value: Buffer | null
  readonly offset: number
}

/** The only partition of a state topic: one order for everything. */
const PARTITION = 0
const FETCH_BYTES = 4 * 1024 * 1024
const MAX_EXPANDED_BYTES = 64 * 1024 * 1024

/**
 * What the committed transactions of a job's state topic say. Reads to the very end and looks at the markers itself, where a read_committed fetch
 * would stop in front of the oldest open transaction: that may be of a process that died, and of tasks that nobody asks for.
 */
export class StateLog {
  readonly #job: string
  readonly #topic: string
  readonly #cluster: KafkaCluster
  readonly #wanted: ReadonlySet<string>
  readonly #tasks = new Map<string, { readonly text: string; readonly offset: number }>()
  readonly #chunks = new Map<string, Buffer>()
  /** Records of transactions without a marker so far, by producer id. */
  readonly #open = new Map<number, Entry[]>()
  #position: number | undefined

  /** Keeps the snapshots of the wanted tasks alone. */
  constructor(cluster: KafkaCluster, job: string, topic: string, wanted: ReadonlySet<string>) {
    this.#cluster = cluster
    this.#job = job
    this.#topic = topic
    this.#wanted = wanted
  }

  /** Reads from where the last call ended to what is the end now. */
  async readOn(): Promise<void> {
    const leaders = await TopicLeaders.of(this.#cluster, this.#topic)
    const [end] = await listOffsets(this.#cluster, leaders, [PARTITION], latest, false)
    this.#position ??= (await listOffsets(this.#cluster, leaders, [PARTITION], earliest, false))[0]!
    if (this.#position >= end!) return
    const fetcher = new Fetcher(this.#cluster, leaders, {
      readCommitted: false,
      partitionBytes: FETCH_BYTES,
      requestBytes: FETCH_BYTES,
      bufferBytes: 2 * FETCH_BYTES,
      maxWaitMs: 500,
    })
    try {
      const feed = fetcher.open(PARTITION, this.#position, end)
      while (this.#position < end!) {
        const chunk = await feed.take()
        if (chunk === undefined) throw new StreamError('ABORTED', `reading topic ${this.#topic} was given up.`)
        await this.#take(chunk.bytes, chunk.from)
        this.#position = chunk.next
      }
    } finally {
      await fetcher.close()
    }
  }

  /** Undefined for a task that was never stored. Throws CHECKPOINT_CORRUPT and CHECKPOINT_NEWER_VERSION. */
  task(name: string): StateTask | undefined {
    const stored = this.#tasks.get(name)
    return stored && readStateTask(this.#job, stored.text, this.#placeOf(name, stored.offset))
  }

  /** The bytes of a wanted task's snapshot. Throws CHECKPOINT_CORRUPT when a part of it is gone. */
  snapshot(task: string, { sequence, chunks, bytes }: SnapshotPlace): Uint8Array {
    const parts = Array.from({ length: chunks }, (_, index) => this.#chunks.get(chunkKey(task, sequence, index)))
    const found = parts.filter(part => part !== undefined)
    const snapshot = Buffer.concat(found)
    if (found.length === chunks && snapshot.length === bytes) return snapshot
    throw corruptState(
      `the snapshot of checkpoint ${sequence} of task "${task}" in topic ${this.#topic}`,
      `${snapshot.length} of its ${bytes} bytes are there. The topic must be compacted, never cut by retention`,
    )
  }

  async #take(bytes: Buffer, from: number): Promise<void> {
    const cursor = new RecordBatchCursor(bytes)
    while (cursor.next()) {
      if (cursor.lastOffset < from) continue
      if (cursor.isControl) {
        const marker = transactionMarker(cursor)
        if (marker === undefined) continue
        const entries = this.#open.get(cursor.producerId)
        this.#open.delete(cursor.producerId)
        if (marker === 'commit') this.#apply(entries ?? [])
        continue
      }
      const entries = await this.#entries(cursor, from)
      if (!cursor.isTransactional) {
        this.#apply(entries)
        continue
      }
      const before = this.#open.get(cursor.producerId)
      if (before) before.push(...entries)
      else this.#open.set(cursor.producerId, entries)
    }
  }

  async #entries(cursor: RecordBatchCursor, from: number): Promise<Entry[]> {
    const columns = new RecordColumns(0)
    const type = compressionName(cursor.compression) ?? 'none'
    if (type === 'none') {
      decodeRecords(
        cursor,
        { bytes: cursor.bytes as Buffer, start: cursor.recordsStart, end: cursor.end },
        columns,
        from,
      )
    } else {
      const codec = await codecFor(type)
      const content = Buffer.from(cursor.bytes.subarray(cursor.recordsStart, cursor.end))
      const expanded = await codec.decompress(content, MAX_EXPANDED_BYTES)
      decodeRecords(cursor, { bytes: expanded, start: 0, end: expanded.length }, columns, from)
    }
    const entries: Entry[] = []
    for (let index = 0; index < columns.size; index++) {
      const key = columns.key(index)?.toString() ?? ''
      const about = readStateKey(key)
      if (about === undefined || (about.kind === 'chunk' && !this.#wanted.has(about.task))) continue
      const value = columns.value(index)
      // A copy: what was fetched is much more, and would live as long.
      entries.push({ key, value: value && Buffer.from(value), offset: columns.offsets[index]! })
    }
    return entries
  }

  #apply(entries: readonly Entry[]): void {
    for (const { key, value, offset } of entries) {
      const about = readStateKey(key)!
      if (about.kind === 'task') {
        if (value) this.#tasks.set(about.task, { text: value.toString(), offset })
        else this.#tasks.delete(about.task)
      } else if (value) this.#chunks.set(key, value)
      else this.#chunks.delete(key)
    }
  }

  #placeOf(task: string, offset: number): string {
    return `the checkpoint of task "${task}" in topic ${this.#topic} (offset ${offset})`
  }
}
