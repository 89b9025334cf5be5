import { type EachBatchPayload, Kafka, logLevel } from 'kafkajs'
import { startStopwatch } from '../harness/stopwatch.ts'
import type { Consumed } from './consumed.ts'
import { checksumOf, PARTITIONS, type Reading } from './message.ts'

type KafkaJsBatch = EachBatchPayload['batch']

/** kafkajs' own eachBatch over everything in the topic; joining the group is not counted. */
export async function consumeByKafkaJs(
  brokers: readonly string[],
  topic: string,
  count: number,
  see: (batch: KafkaJsBatch) => number,
): Promise<Consumed> {
  const kafka = new Kafka({ clientId: 'bench', brokers: [...brokers], logLevel: logLevel.NOTHING })
  const consumer = kafka.consumer({ groupId: `${topic}-${nextGroup++}`, maxBytesPerPartition: FETCH_BYTES })
  await consumer.connect()
  try {
    await consumer.subscribe({ topics: [topic], fromBeginning: true })
    let stop = startStopwatch()
    consumer.on(consumer.events.GROUP_JOIN, () => {
      stop = startStopwatch()
    })
    let messages = 0
    let checksum = 0
    await new Promise<void>((resolve, reject) => {
      consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error))
      consumer
        .run({
          autoCommit: false,
          partitionsConsumedConcurrently: PARTITIONS,
          eachBatch: async ({ batch }) => {
            messages += batch.messages.length
            checksum += see(batch)
            if (messages >= count) resolve()
          },
        })
        .catch(reject)
    })
    return { messages, checksum, taken: stop() }
  } finally {
    await consumer.disconnect()
  }
}

export function sizesOf({ messages }: KafkaJsBatch): number {
  let bytes = 0
  for (const { value } of messages) bytes += value!.length
  return bytes
}

export function parsed({ messages }: KafkaJsBatch): number {
  let checksum = 0
  for (const { value } of messages) {
    const reading = JSON.parse(value!.toString()) as Omit<Reading, 'at'> & { readonly at: string }
    checksum += checksumOf({ ...reading, at: Date.parse(reading.at) })
  }
  return checksum
}

const FETCH_BYTES = 4 * 1024 * 1024
let nextGroup = 0
