import { partitionOfKey } from '@rtp/kafka'
import { Kafka, type Message as KafkaJsMessage, logLevel, Partitioners } from 'kafkajs'
import { type Taken, timed } from '../harness/stopwatch.ts'
import { type Message, PARTITIONS } from './message.ts'

/** kafkajs' own send, `batchSize` messages at a time, one after the other (concurrent ones are not kept in order), acknowledged by all. */
export async function produceByKafkaJs(
  brokers: readonly string[],
  topic: string,
  messages: readonly Message[],
  toKafkaJs: (message: Message) => KafkaJsMessage,
  batchSize = 1_000,
): Promise<Taken> {
  const kafka = new Kafka({ clientId: 'bench', brokers: [...brokers], logLevel: logLevel.NOTHING })
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner })
  await producer.connect()
  try {
    return await timed(async () => {
      for (let first = 0; first < messages.length; first += batchSize)
        await producer.send({ topic, acks: -1, messages: messages.slice(first, first + batchSize).map(toKafkaJs) })
    })
  } finally {
    await producer.disconnect()
  }
}

/** As it is usually called. */
export function asText({ key, text }: Message): KafkaJsMessage {
  return { key, value: text }
}

/** Its fastest form: bytes, and the partition known beforehand. */
export function asBytes({ key, bytes }: Message): KafkaJsMessage {
  return { key: keyBytes.get(key) ?? keep(key), value: bytes, partition: partitions.get(key)! }
}

export function asJson({ key, reading }: Message): KafkaJsMessage {
  return { key, value: JSON.stringify({ ...reading, at: new Date(reading.at).toISOString() }) }
}

const keyBytes = new Map<string, Buffer>()
const partitions = new Map<string, number>()

function keep(key: string): Buffer {
  const bytes = Buffer.from(key)
  partitions.set(key, partitionOfKey(bytes, PARTITIONS))
  keyBytes.set(key, bytes)
  return bytes
}
