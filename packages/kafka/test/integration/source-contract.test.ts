import { batchOf, type SourcePlace, sourceContract } from '@rtp/stream-testing'
import { forEachBroker } from '@rtp/test-servers/vitest'
import { describe, it } from 'vitest'
import { bytes, deleteTopic, type KafkaSourceOptions, kafkaSink, kafkaSource, text } from '../../src/index.ts'
import { freshTopic, sinkContext } from './test-topic.ts'

const BAD = Buffer.from([0xff, 0xfe])

forEachBroker(broker => {
  /** Three partitions, one of them empty and one with bad records in between, written in batches of the size that is asked for. */
  async function place(
    batchRecords: number,
    options: Partial<KafkaSourceOptions<string>>,
  ): Promise<SourcePlace<string>> {
    const target = await freshTopic(broker, { partitions: 3 })
    const expected = [numbered('a', 7), [], numbered('c', 5)]
    const contents = expected.map(values => values.map(value => Buffer.from(value)))
    contents[2]!.splice(1, 0, BAD)
    contents[2]!.push(BAD)
    for (const [partition, values] of contents.entries()) {
      const sink = await kafkaSink<Uint8Array>({
        ...target,
        value: bytes,
        partition: () => partition,
        lingerMs: 0,
      }).open(sinkContext())
      for (let from = 0; from < values.length; from += batchRecords) {
        sink.write(batchOf(values.slice(from, from + batchRecords)))
        await sink.seal()!.flush()
      }
      await sink.close()
    }
    return {
      // Reads that bring one batch of the topic at a time are what makes small batches of a source.
      source: kafkaSource<string>({ ...target, value: text, fetchBytes: batchRecords * 70, ...options }),
      expected,
      expectedBad: [[], [], ['NOT_UTF8', 'NOT_UTF8']],
      dispose: async () => {
        await deleteTopic(target, target.topic)
      },
    }
  }

  const kinds: [string, Partial<KafkaSourceOptions<string>>][] = [
    ['that reads to the end', { until: 'end' }],
    ['that reads on', {}],
  ]
  for (const [kind, options] of kinds) {
    describe(`a Kafka source ${kind}`, () => {
      const cases = sourceContract<string>({
        create: batchRecords => place(batchRecords, options),
        unknownPositions: [8, 1_000_000, -1, { offset: 3 }],
      })
      for (const { name, run } of cases) it(name, run, 30_000)
    })
  }
})

function numbered(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix} ${index}`)
}
