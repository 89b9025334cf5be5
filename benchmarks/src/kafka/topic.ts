import { deleteTopic, ensureTopic, topicOffsets } from '@rtp/kafka'
import { PARTITIONS } from './message.ts'

/** Calls back with a topic that is new, and deletes it afterwards. */
export async function withTopic<R>(brokers: readonly string[], use: (topic: string) => Promise<R>): Promise<R> {
  const topic = `bench-${process.pid}-${nextTopic++}`
  await ensureTopic({ brokers }, { topic, partitions: PARTITIONS, configs: { 'retention.ms': '-1' } })
  try {
    return await use(topic)
  } finally {
    await deleteTopic({ brokers }, topic)
  }
}

/**
 * Throws unless the topic holds every message that was sent, and none twice. kafkajs without idempotence sends a batch again after a lost answer, so
 * for it more is no error.
 */
export async function checkSize(
  brokers: readonly string[],
  topic: string,
  sent: number,
  mayRepeat: boolean,
): Promise<void> {
  const { latest } = await topicOffsets({ brokers }, topic)
  const found = latest.reduce((sum, offset) => sum + offset, 0)
  if (found === sent || (found > sent && mayRepeat)) return
  throw new Error(`${topic} holds ${found} messages, ${sent} were sent`)
}

let nextTopic = 0
