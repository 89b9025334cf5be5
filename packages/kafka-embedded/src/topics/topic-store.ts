import { createHash, randomUUID } from 'node:crypto'
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { BrokerError } from '../broker-error.ts'
import { PartitionLog } from '../log/partition-log.ts'
import type { ChangeLog, JournalEntry, TopicEntry } from '../storage/journal.ts'
import { TopicConfig } from './topic-config.ts'

export interface Topic {
  readonly id: number
  /** 32 hexadecimal digits by which clients tell a topic from one of the same name before it or after it. */
  readonly uuid: string
  readonly name: string
  readonly config: TopicConfig
  readonly partitions: PartitionLog[]
}

const NAME = /^[a-zA-Z0-9._-]{1,249}$/
const MAX_PARTITIONS = 10_000

/** Holds all topics with their logs. */
export class TopicStore {
  readonly #topics = new Map<string, Topic>()
  readonly #byUuid = new Map<string, Topic>()
  readonly #directory: string
  readonly #fsync: boolean
  readonly #changes: ChangeLog
  #nextId = 1

  constructor(directory: string, fsync: boolean, changes: ChangeLog) {
    this.#directory = directory
    this.#fsync = fsync
    this.#changes = changes
  }

  all(): Topic[] {
    return [...this.#topics.values()]
  }

  get(name: string): Topic | undefined {
    return this.#topics.get(name)
  }

  byUuid(uuid: string): Topic | undefined {
    return this.#byUuid.get(uuid)
  }

  partition(topic: string, partition: number): PartitionLog | undefined {
    return this.#topics.get(topic)?.partitions[partition]
  }

  /** The same for callers of the broker's own API, who get an error that they can act on. */
  partitionOrThrow(topic: string, partition: number): PartitionLog {
    const log = this.partition(topic, partition)
    if (log !== undefined) return log
    throw new BrokerError('BROKER_UNKNOWN_PARTITION', `There is no partition ${partition} of topic "${topic}".`)
  }

  /** Makes a topic whose name is free and valid; throws a BrokerError for a configuration that is not. */
  create(name: string, partitions: number, config: Iterable<readonly [string, string]>): Topic {
    const uuid = randomUUID().replaceAll('-', '')
    const topic = this.#add({ kind: 'topic', id: this.#nextId, uuid, name, partitions, config: [...new Map(config)] })
    this.#changes.append(entryOf(topic))
    return topic
  }

  addPartitions(topic: Topic, count: number): void {
    this.#grow(topic, count)
    this.#changes.append(entryOf(topic))
  }

  configure(topic: Topic, entries: Iterable<readonly [string, string]>): void {
    topic.config.replace(entries)
    this.#changes.append(entryOf(topic))
  }

  delete(name: string): boolean {
    const topic = this.#topics.get(name)
    if (topic === undefined) return false
    this.#topics.delete(name)
    this.#byUuid.delete(topic.uuid)
    this.#changes.append({ kind: 'topicDeleted', name })
    for (const partition of topic.partitions) partition.close()
    rmSync(join(this.#directory, folderOf(topic)), { recursive: true, force: true })
    return true
  }

  deleteRecordsBefore(topic: string, partition: number, offset: number): number {
    const log = this.partitionOrThrow(topic, partition)
    log.deleteRecordsBefore(offset)
    this.#changes.append({ kind: 'logStart', topic, partition, offset: log.startOffset })
    return log.startOffset
  }

  applyRetention(nowMs: number): void {
    for (const topic of this.#topics.values()) {
      for (const partition of topic.partitions) partition.applyRetention(nowMs)
    }
  }

  /** Opens the topics that the journal tells of, with their logs. */
  restore(entries: JournalEntry[]): void {
    const topics = new Map<string, TopicEntry>()
    const starts = new Map<string, number>()
    for (const entry of entries) {
      if (entry.kind === 'topic') {
        topics.set(entry.name, entry)
        this.#nextId = Math.max(this.#nextId, entry.id + 1)
      } else if (entry.kind === 'topicDeleted') {
        for (let partition = 0; partition < (topics.get(entry.name)?.partitions ?? 0); partition++) {
          starts.delete(`${entry.name}/${partition}`)
        }
        topics.delete(entry.name)
      } else if (entry.kind === 'logStart') {
        starts.set(`${entry.topic}/${entry.partition}`, entry.offset)
      }
    }
    this.#removeFoldersBut(new Set([...topics.values()].map(folderOf)))
    for (const entry of topics.values()) this.#add(entry, starts)
  }

  *snapshot(): Iterable<JournalEntry> {
    for (const topic of this.#topics.values()) {
      yield entryOf(topic)
      for (const [partition, log] of topic.partitions.entries()) {
        if (log.startOffset > 0) yield { kind: 'logStart', topic: topic.name, partition, offset: log.startOffset }
      }
    }
  }

  close(): void {
    for (const topic of this.#topics.values()) {
      for (const partition of topic.partitions) partition.close()
    }
    this.#topics.clear()
    this.#byUuid.clear()
  }

  /** Removes what a crash in the middle of a deletion left. */
  #removeFoldersBut(known: Set<string>): void {
    if (!existsSync(this.#directory)) return
    for (const folder of readdirSync(this.#directory)) {
      if (!known.has(folder)) rmSync(join(this.#directory, folder), { recursive: true, force: true })
    }
  }

  #add(entry: TopicEntry, starts = new Map<string, number>()): Topic {
    const { id, name, uuid = uuidOf(entry) } = entry
    const topic: Topic = { id, uuid, name, config: new TopicConfig(entry.config), partitions: [] }
    this.#nextId = Math.max(this.#nextId, entry.id + 1)
    this.#grow(topic, entry.partitions, starts)
    this.#topics.set(entry.name, topic)
    this.#byUuid.set(uuid, topic)
    return topic
  }

  #grow(topic: Topic, count: number, starts = new Map<string, number>()): void {
    for (let partition = topic.partitions.length; partition < count; partition++) {
      // The id keeps a topic that is made anew apart from the files of its predecessor.
      const directory = join(this.#directory, folderOf(topic), String(partition))
      const start = starts.get(`${topic.name}/${partition}`) ?? 0
      topic.partitions.push(new PartitionLog(directory, topic.config, this.#fsync, start))
    }
  }
}

export function isValidTopicName(name: string): boolean {
  return NAME.test(name) && name !== '.' && name !== '..'
}

export function isValidPartitionCount(count: number): boolean {
  return Number.isInteger(count) && count >= 1 && count <= MAX_PARTITIONS
}

function folderOf(topic: { readonly name: string; readonly id: number }): string {
  return `${topic.name}.${topic.id}`
}

function entryOf(topic: Topic): TopicEntry {
  const { id, uuid, name, config, partitions } = topic
  return { kind: 'topic', id, uuid, name, partitions: partitions.length, config: config.entries() }
}

/** For a topic from before there were any: the same at every start, and another one for a topic made anew. */
function uuidOf(entry: TopicEntry): string {
  return createHash('sha256').update(folderOf(entry)).digest('hex').slice(0, 32)
}
