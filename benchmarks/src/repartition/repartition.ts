import { realKafka } from '@rtp/test-servers'
import type { Benchmark, BenchmarkOptions, Comparison } from '../harness/benchmark.ts'
import { type Contender, compare } from '../harness/compare.ts'
import { type BenchBroker, startEmbeddedBroker } from '../kafka/broker.ts'
import { makeMessages, PARTITIONS, type Reading } from '../kafka/message.ts'
import { withTopic } from '../kafka/topic.ts'
import { readWithEventTime, writeInTransactions } from './halves.ts'

const NOTES = ['whole jobs with event time, from run() to the end; written in Kafka transactions']

/** What a repartition topic costs on top of the same topic without event times and watermarks in it. */
export const repartition: Benchmark = {
  name: 'repartition',
  title: `both halves of a job through a repartition topic of ${PARTITIONS} partitions, against the same without stamps`,
  async run(options): Promise<readonly Comparison[]> {
    const readings = makeMessages(options.quick ? 100_000 : 1_000_000).map(({ reading }) => reading)
    const comparisons: Comparison[] = []
    for (const start of [realKafka, startEmbeddedBroker]) {
      const broker = await start()
      if ('skipped' in broker) continue
      try {
        comparisons.push(
          await compareWriting(broker, readings, options),
          await compareReading(broker, readings, options),
        )
      } finally {
        await broker.stop()
      }
    }
    return comparisons
  },
}

function compareWriting({ name, brokers }: BenchBroker, readings: readonly Reading[], options: BenchmarkOptions) {
  const contender = (label: string, as: 'sink' | 'repartition'): Contender => ({
    name: label,
    run: () =>
      withTopic(brokers, async topic => {
        const taken = await writeInTransactions(brokers, topic, readings, as)
        return { result: 'every message committed', ...taken }
      }),
  })
  return compare(
    `repartition: write, ${name}`,
    readings.length,
    options.quick ? 1 : 5,
    [contender('kafkaCheckpoints().sink', 'sink'), contender('repartition().sink', 'repartition')],
    options,
    NOTES,
  )
}

function compareReading({ name, brokers }: BenchBroker, readings: readonly Reading[], options: BenchmarkOptions) {
  const contender = (label: string, topic: string, as: 'source' | 'repartition'): Contender => ({
    name: label,
    run: async () => {
      const { messages, checksum, taken } = await readWithEventTime(brokers, topic, as)
      return { result: `${messages} messages, checksum ${checksum}`, ...taken }
    },
  })
  return withTopic(brokers, plain =>
    withTopic(brokers, async stamped => {
      await writeInTransactions(brokers, plain, readings, 'sink')
      await writeInTransactions(brokers, stamped, readings, 'repartition')
      return compare(
        `repartition: read, ${name}`,
        readings.length,
        options.quick ? 1 : 5,
        [
          contender('kafkaSource, watermarks by a policy', plain, 'source'),
          contender('repartition().source, its watermarks', stamped, 'repartition'),
        ],
        options,
        NOTES,
      )
    }),
  )
}
