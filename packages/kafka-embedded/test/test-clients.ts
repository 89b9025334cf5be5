import { Kafka, type KafkaConfig, type KafkaMessage, logLevel, type RecordMetadata } from 'kafkajs'
import { onTestFinished } from 'vitest'
import { type BrokerOptions, type EmbeddedBroker, startBroker } from '../src/index.ts'

/** A broker that ends with the test, after the clients that {@link onTestFinished} knows of. */
export async function testBroker(options: BrokerOptions = {}): Promise<EmbeddedBroker> {
  const broker = await startBroker({
    onError: error => {
      throw error
    },
    ...options,
  })
  onTestFinished(() => broker.stop())
  return broker
}

export function kafkaOf(broker: EmbeddedBroker, config: Partial<KafkaConfig> = {}): Kafka {
  return new Kafka({
    clientId: 'test',
    brokers: [broker.address],
    logLevel: logLevel.NOTHING,
    retry: { initialRetryTime: 20, maxRetryTime: 200, retries: 10 },
    ...config,
  })
}

export interface ReadRecord {
  readonly partition: number
  readonly offset: number
  readonly key: string | null
  readonly value: string | null
  readonly timestamp: number
  readonly headers: Record<string, string>
}

export interface RunningReader {
  readonly records: ReadRecord[]
  stop(): Promise<void>
}

export interface ReaderOptions {
  readonly groupId?: string
  readonly fromBeginning?: boolean
  readonly readUncommitted?: boolean
  readonly autoCommit?: boolean
}

let nextGroup = 0

/** A kafkajs consumer that collects what it gets; it ends with the test. */
export async function startReader(kafka: Kafka, topic: string, options: ReaderOptions = {}): Promise<RunningReader> {
  const consumer = kafka.consumer({
    groupId: options.groupId ?? `reader-${nextGroup++}`,
    maxWaitTimeInMs: 100,
    sessionTimeout: 10_000,
    heartbeatInterval: 100,
    readUncommitted: options.readUncommitted ?? false,
    retry: { initialRetryTime: 20, maxRetryTime: 200, retries: 10 },
  })
  const records: ReadRecord[] = []
  let stopping: Promise<void> | undefined
  const stop = () => (stopping ??= consumer.disconnect())
  onTestFinished(stop)
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: options.fromBeginning ?? true })
  await consumer.run({
    autoCommit: options.autoCommit ?? true,
    eachMessage: async ({ partition, message }) => {
      records.push(recordOf(partition, message))
    },
  })
  return { records, stop }
}

function recordOf(partition: number, message: KafkaMessage): ReadRecord {
  return {
    partition,
    offset: Number(message.offset),
    key: message.key?.toString() ?? null,
    value: message.value?.toString() ?? null,
    timestamp: Number(message.timestamp),
    headers: Object.fromEntries(Object.entries(message.headers ?? {}).map(([name, value]) => [name, String(value)])),
  }
}

/** Sends values to a partition with a producer of its own. */
export async function send(kafka: Kafka, topic: string, values: string[], partition = 0): Promise<RecordMetadata[]> {
  const producer = kafka.producer()
  await producer.connect()
  try {
    return await producer.send({ topic, messages: values.map(value => ({ value, partition })) })
  } finally {
    await producer.disconnect()
  }
}

/** Reads a partition up to its end, as it stands when the reader has got everything. */
export async function readValues(kafka: Kafka, topic: string, count: number): Promise<(string | null)[]> {
  const { vi } = await import('vitest')
  const reader = await startReader(kafka, topic)
  await vi.waitFor(() => {
    if (reader.records.length < count) throw new Error(`${reader.records.length} of ${count} records are there`)
  }, WAIT)
  await reader.stop()
  return reader.records.map(({ value }) => value)
}

/** For vi.waitFor: how long a condition may take on a busy machine. */
export const WAIT = { timeout: 20_000, interval: 20 }
