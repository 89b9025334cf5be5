import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { ApiName } from '@rtp/kafka-protocol'
import { BrokerError } from './broker-error.ts'
import { type BrokerOptions, type ResolvedOptions, resolveOptions } from './broker-options.ts'
import { Dispatcher } from './dispatch.ts'
import { FaultPlan, type Faults } from './faults.ts'
import { GroupCoordinator } from './groups/group-coordinator.ts'
import { Listener } from './listener.ts'
import type { BrokerState } from './request-context.ts'
import { deleteTopic } from './requests/topic-administration.ts'
import { type DataFolder, openDataFolder } from './storage/data-folder.ts'
import { type ChangeLog, Journal, noChangeLog } from './storage/journal.ts'
import { isValidPartitionCount, isValidTopicName, TopicStore } from './topics/topic-store.ts'
import { TransactionCoordinator } from './transactions/transaction-coordinator.ts'

const NODE_ID = 1

export interface PartitionInfo {
  readonly partition: number
  readonly startOffset: number
  readonly endOffset: number
  readonly lastStableOffset: number
  /** Bytes on disk. */
  readonly bytes: number
}

export interface TopicInfo {
  readonly name: string
  readonly partitions: readonly PartitionInfo[]
  /** The entries that were set. */
  readonly config: Readonly<Record<string, string>>
}

export interface TopicSpec {
  readonly partitions?: number
  readonly config?: Readonly<Record<string, string>>
}

/** A running broker. For development and tests only: one node, no replication, no security. */
export interface EmbeddedBroker {
  /** `host:port`, for the client's list of brokers. */
  readonly address: string
  readonly host: string
  /** Where it listens. */
  readonly port: number
  /** The folder that everything lies in: the one that was given, or a temporary one. */
  readonly dataDir: string
  /** What a test can do to it. */
  readonly faults: Faults
  topics(): TopicInfo[]
  /** Makes a topic; throws BROKER_OPTION_INVALID when its name is taken or something about it is not valid. */
  createTopic(name: string, spec?: TopicSpec): void
  /** Grows a topic to so many partitions. Throws BROKER_OPTION_INVALID when there is no such topic, or it has as many. */
  growTopic(name: string, partitions: number): void
  /** How many requests of an API have come so far. */
  requestCount(api: ApiName): number
  /** Ends all connections, closes the logs and removes the folder if it is a temporary one. May be called again. */
  stop(): Promise<void>
}

/**
 * Starts a single-node broker that speaks the Kafka protocol, inside this process.
 *
 * **For development and tests only**: there is no replication and no security, and a power cut may cost data.
 *
 * @example
 * const broker = await startBroker({ autoCreateTopics: true })
 * const kafka = new Kafka({ brokers: [broker.address] })
 * // ...
 * await broker.stop()
 */
export async function startBroker(options: BrokerOptions = {}): Promise<EmbeddedBroker> {
  const resolved = resolveOptions(options)
  const storage = openStorage(resolved)
  const plan = new FaultPlan()
  const node = { id: NODE_ID, clusterId: randomUUID(), host: resolved.advertisedHost, port: 0 }
  const state: BrokerState = { node, ...storage, ...resolved }
  const dispatcher = new Dispatcher(state, plan, resolved.newestVersions)
  const listener = new Listener(
    resolved.host,
    resolved.port,
    (frame, connection) => dispatcher.handle(frame, connection),
    resolved.onError,
  )
  try {
    await listener.listen()
  } catch (error) {
    storage.close()
    throw error
  }
  node.port = resolved.advertisedPort ?? listener.port
  const retention = setInterval(() => storage.topics.applyRetention(Date.now()), resolved.retentionCheckMs)
  retention.unref()
  let stopping: Promise<void> | undefined
  return {
    address: `${node.host}:${node.port}`,
    host: node.host,
    port: listener.port,
    dataDir: storage.directory,
    faults: faultsOf(plan, listener, state),
    topics: () => describeTopics(state.topics),
    createTopic: (name, spec) => createTopic(state, name, spec),
    growTopic: (name, partitions) => growTopic(state, name, partitions),
    requestCount: api => dispatcher.requestCount(api),
    stop: () => {
      stopping ??= stop()
      return stopping
    },
  }

  async function stop(): Promise<void> {
    clearInterval(retention)
    await listener.close()
    storage.close()
  }
}

interface Storage extends Pick<BrokerState, 'topics' | 'groups' | 'transactions'> {
  readonly directory: string
  close(): void
}

/** Makes or opens the folder, and the state that lies in it. */
function openStorage(options: ResolvedOptions): Storage {
  const folder = openDataFolder(options.dataDir)
  try {
    return openState(folder, options)
  } catch (error) {
    folder.release()
    throw error
  }
}

function openState(folder: DataFolder, { dataDir, fsync, groupInitialRebalanceDelayMs }: ResolvedOptions): Storage {
  const changes: { log: ChangeLog } = { log: noChangeLog }
  const forward: ChangeLog = { append: (...entries) => changes.log.append(...entries) }
  const topics = new TopicStore(join(folder.path, 'topics'), fsync, forward)
  const groups = new GroupCoordinator(groupInitialRebalanceDelayMs, forward)
  const transactions = new TransactionCoordinator(topics, groups, forward)
  let journal: Journal | undefined
  if (dataDir !== undefined) {
    journal = new Journal(join(folder.path, 'journal.jsonl'), fsync, function* () {
      yield* topics.snapshot()
      yield* groups.snapshot()
      yield* transactions.snapshot()
    })
    const entries = journal.load()
    topics.restore(entries)
    groups.restore(entries)
    transactions.restore(entries)
    journal.open()
    changes.log = journal
    transactions.resume()
  }
  return {
    directory: folder.path,
    topics,
    groups,
    transactions,
    close: () => {
      transactions.close()
      groups.close()
      topics.close()
      journal?.close()
      folder.release()
    },
  }
}

function faultsOf(plan: FaultPlan, listener: Listener, state: BrokerState): Faults {
  return {
    dropConnections: () => listener.dropConnections(),
    dropConnectionAt: (api, options) => plan.dropConnectionAt(api, options),
    delay: (api, delayMs, options) => plan.delay(api, delayMs, options),
    failNext: (api, error, options) => plan.failNext(api, error, options),
    refuseConnections: async () => listener.stopListening(),
    acceptConnections: () => listener.listen(),
    pause: () => plan.pause(),
    resume: () => plan.resume(),
    truncate: (topic, partition, offset) => state.topics.partitionOrThrow(topic, partition).truncateTo(offset),
    deleteTopic: topic => deleteTopic(state, topic),
    clear: () => plan.clear(),
  }
}

function createTopic(state: BrokerState, name: string, { partitions, config = {} }: TopicSpec = {}): void {
  const count = partitions ?? state.defaultPartitions
  if (!isValidTopicName(name) || state.topics.get(name) !== undefined || !isValidPartitionCount(count)) {
    const message = `Topic "${name}" with ${count} partitions cannot be made: the name is taken or one of both is not valid.`
    throw new BrokerError('BROKER_OPTION_INVALID', message)
  }
  state.topics.create(name, count, Object.entries(config))
}

function growTopic(state: BrokerState, name: string, partitions: number): void {
  const topic = state.topics.get(name)
  if (topic === undefined || !isValidPartitionCount(partitions) || partitions <= topic.partitions.length) {
    const message = `Topic "${name}" cannot grow to ${partitions} partitions: it does not exist, or the number is not above its own or not valid.`
    throw new BrokerError('BROKER_OPTION_INVALID', message)
  }
  state.topics.addPartitions(topic, partitions)
}

function describeTopics(topics: TopicStore): TopicInfo[] {
  return topics.all().map(({ name, partitions, config }) => ({
    name,
    config: Object.fromEntries(config.entries()),
    partitions: partitions.map(({ startOffset, endOffset, lastStableOffset, bytes }, partition) => ({
      partition,
      startOffset,
      endOffset,
      lastStableOffset,
      bytes,
    })),
  }))
}
