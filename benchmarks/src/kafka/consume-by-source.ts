import { kafkaSource, type Serde } from '@rtp/kafka'
import { forEachBatch, pipeline, run } from '@rtp/stream-core'
import { silentLogger, systemClock } from '@rtp/stream-core/extend'
import { startStopwatch } from '../harness/stopwatch.ts'
import type { Consumed } from './consumed.ts'
import { checksumOf } from './message.ts'
import { readingSerde } from './produce-by-sink.ts'

/** The source without the engine: every partition read into columns of values, times and offsets. */
export async function consumeBySource<V>(
  brokers: readonly string[],
  topic: string,
  value: Serde<V>,
  see: (values: readonly V[], size: number) => number,
): Promise<Consumed> {
  const { signal } = new AbortController()
  const session = await kafkaSource({ brokers, topic, value, until: 'end' }).open({
    job: 'bench',
    signal,
    clock: systemClock,
    logger: silentLogger,
    shareable: false,
    keepBadRecords: false,
  })
  const stop = startStopwatch()
  let messages = 0
  let checksum = 0
  const readPartition = async (partition: number) => {
    const reader = await session.read(partition, undefined)
    for (let batch = await reader.next(); batch !== undefined; batch = await reader.next()) {
      messages += batch.size
      checksum += see(batch.values, batch.size)
    }
    await reader.close()
  }
  await Promise.all(session.partitions.map((_, partition) => readPartition(partition)))
  const taken = stop()
  await session.close()
  return { messages, checksum, taken }
}

/** A whole job, from its start to its end. */
export async function consumeByPipeline(brokers: readonly string[], topic: string): Promise<Consumed> {
  let messages = 0
  let checksum = 0
  const job = pipeline(`consume-${topic}`)
  job.from(kafkaSource({ brokers, topic, value: readingSerde, until: 'end', assignment: 'all' })).sink(
    forEachBatch(readings => {
      messages += readings.length
      for (const reading of readings) checksum += checksumOf(reading)
    }),
  )
  const stop = startStopwatch()
  await run(job).done
  return { messages, checksum, taken: stop() }
}

/** Where a value lies is all that is asked for: what fetching, checking and decoding batches into columns costs. */
export const size: Serde<number> = {
  name: 'size',
  decoder: () => ({ decode: (_bytes, start, end) => end - start }),
  encoder() {
    throw new Error('sizes are only read')
  },
}
