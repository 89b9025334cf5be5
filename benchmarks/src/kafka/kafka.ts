import { bytes } from '@rtp/kafka'
import { realKafka } from '@rtp/test-servers'
import { toBatches } from '../harness/batches.ts'
import type { Benchmark, BenchmarkOptions, Comparison } from '../harness/benchmark.ts'
import { type Contender, compare } from '../harness/compare.ts'
import type { Taken } from '../harness/stopwatch.ts'
import { type BenchBroker, startEmbeddedBroker } from './broker.ts'
import { consumeByKafkaJs, parsed, sizesOf } from './consume-by-kafkajs.ts'
import { consumeByPipeline, consumeBySource, size } from './consume-by-source.ts'
import type { Consumed } from './consumed.ts'
import { checksumOf, KEYS, MESSAGE_BYTES, type Message, makeMessages, PARTITIONS } from './message.ts'
import { asBytes, asJson, asText, produceByKafkaJs } from './produce-by-kafkajs.ts'
import { bytesSink, jsonSink, produceByPipeline, produceBySink, readingSerde, textSink } from './produce-by-sink.ts'
import { checkSize, withTopic } from './topic.ts'

/** @rtp/kafka and kafkajs, whose connections it uses. */
export const kafka: Benchmark = {
  name: 'kafka',
  title: `messages of ${MESSAGE_BYTES} bytes, ${KEYS} keys, ${PARTITIONS} partitions: produce and consume against kafkajs`,
  async run(options): Promise<readonly Comparison[]> {
    const messages = makeMessages(options.quick ? 100_000 : 1_000_000)
    const comparisons: Comparison[] = []
    for (const start of [realKafka, startEmbeddedBroker]) {
      const broker = await start()
      if ('skipped' in broker) continue
      try {
        comparisons.push(await compareProducing(broker, messages, options))
        comparisons.push(...(await compareConsuming(broker, messages, options)))
      } finally {
        await broker.stop()
      }
    }
    return comparisons
  },
}

function compareProducing({ name, brokers }: BenchBroker, messages: readonly Message[], options: BenchmarkOptions) {
  const few = messages.slice(0, messages.length / 10)
  const batches = toBatches(messages)
  const readings = messages.map(({ reading }) => reading)
  const contender = (label: string, sent: readonly Message[], send: (topic: string) => Promise<Taken>): Contender => ({
    name: label,
    records: sent.length,
    run: () =>
      withTopic(brokers, async topic => {
        const taken = await send(topic)
        await checkSize(brokers, topic, sent.length, label.startsWith('kafkajs'))
        return { result: 'every message acknowledged and there', ...taken }
      }),
  })
  return compare(
    `kafka: produce, ${name}`,
    messages.length,
    options.quick ? 1 : 3,
    [
      contender('kafkajs send, text', few, topic => produceByKafkaJs(brokers, topic, few, asText)),
      contender('kafkajs send, bytes and partition given', few, topic =>
        produceByKafkaJs(brokers, topic, few, asBytes),
      ),
      contender('kafkajs send, JSON.stringify', few, topic => produceByKafkaJs(brokers, topic, few, asJson)),
      contender('kafkaSink, text', messages, topic => produceBySink(textSink(brokers, topic), batches)),
      contender('kafkaSink, bytes', messages, topic => produceBySink(bytesSink(brokers, topic), batches)),
      contender('kafkaSink, json(shape)', messages, topic => produceBySink(jsonSink(brokers, topic), batches)),
      contender('kafkaSink, json(shape), as a pipeline, from run() to its end', messages, topic =>
        produceByPipeline(brokers, topic, readings),
      ),
    ],
    options,
    [
      `${messages.length.toLocaleString('en')} messages in a round, of kafkajs ${few.length.toLocaleString('en')}, 1,000 to a send; acks=all`,
      'the sink is idempotent, kafkajs here is not',
    ],
  )
}

function compareConsuming({ name, brokers }: BenchBroker, messages: readonly Message[], options: BenchmarkOptions) {
  const rounds = options.quick ? 1 : 3
  const contender = (label: string, consume: () => Promise<Consumed>): Contender => ({
    name: label,
    run: async () => {
      const { messages: count, checksum, taken } = await consume()
      return { result: `${count} messages, checksum ${checksum}`, ...taken }
    },
  })
  const notes = [
    `${messages.length.toLocaleString('en')} messages in a round, in batches of up to 256 KiB, from having the partitions to the last message`,
    'kafkaSource checks the CRC of every batch, kafkajs does not',
  ]
  return withTopic(brokers, async topic => {
    await produceBySink(textSink(brokers, topic), toBatches(messages))
    const bare = await compare(
      `kafka: consume, ${name}`,
      messages.length,
      rounds,
      [
        contender('kafkajs eachBatch', () => consumeByKafkaJs(brokers, topic, messages.length, sizesOf)),
        contender('kafkaSource, columns', () =>
          consumeBySource(brokers, topic, size, (sizes, count) => sumOf(sizes, count, bytes => bytes)),
        ),
        contender('kafkaSource, bytes()', () =>
          consumeBySource(brokers, topic, bytes, (values, count) => sumOf(values, count, value => value.length)),
        ),
      ],
      options,
      notes,
    )
    const withJson = await compare(
      `kafka: consume JSON, ${name}`,
      messages.length,
      rounds,
      [
        contender('kafkajs eachBatch, JSON.parse', () => consumeByKafkaJs(brokers, topic, messages.length, parsed)),
        contender('kafkaSource, json(shape)', () =>
          consumeBySource(brokers, topic, readingSerde, (values, count) => sumOf(values, count, checksumOf)),
        ),
        contender('kafkaSource, json(shape), as a pipeline, from run() to its end', () =>
          consumeByPipeline(brokers, topic),
        ),
      ],
      options,
      notes,
    )
    return [bare, withJson]
  })
}

function sumOf<T>(values: readonly T[], count: number, of: (value: T) => number): number {
  let sum = 0
  for (let i = 0; i < count; i++) sum += of(values[i]!)
  return sum
}
