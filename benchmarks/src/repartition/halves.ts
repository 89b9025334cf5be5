import { kafkaCheckpoints, kafkaSource, type Repartition, repartition } from '@rtp/kafka'
import {
  boundedOutOfOrderness,
  forEachBatch,
  fromIterable,
  memoryCheckpointStore,
  type Pipeline,
  pipeline,
  run,
  type Stream,
  sourceWatermarks,
} from '@rtp/stream-core'
import { startStopwatch, type Taken, timed } from '../harness/stopwatch.ts'
import type { Consumed } from '../kafka/consumed.ts'
import { checksumOf, type Reading } from '../kafka/message.ts'
import { readingSerde } from '../kafka/produce-by-sink.ts'

const keyOf = (reading: Reading): string => `sensor-${reading.sensor}`

export function repartitionBySensor(brokers: readonly string[], topic: string): Repartition<Reading> {
  return repartition({ brokers, topic, key: keyOf, value: readingSerde })
}

/** The first half, as a pipeline with event time: into a repartition topic, or into any topic in the same kind of transactions. */
export function writeInTransactions(
  brokers: readonly string[],
  topic: string,
  readings: readonly Reading[],
  as: 'repartition' | 'sink',
): Promise<Taken> {
  const checkpoints = kafkaCheckpoints({ brokers })
  const job = pipeline(`write-${topic}`)
  job
    .from(fromIterable(readings))
    .withEventTime(({ at }) => at, boundedOutOfOrderness(0))
    .sink(
      as === 'repartition'
        ? repartitionBySensor(brokers, topic).sink(checkpoints)
        : checkpoints.sink({ topic, key: keyOf, value: readingSerde }),
    )
  return timed(() => run(job, { store: checkpoints }).done)
}

/** The second half: event time and watermarks of the topic, or those of a policy over the same records. */
export async function readWithEventTime(
  brokers: readonly string[],
  topic: string,
  as: 'repartition' | 'source',
): Promise<Consumed> {
  let messages = 0
  let checksum = 0
  const timed = (job: Pipeline): Stream<Reading> =>
    as === 'repartition'
      ? job
          .from(repartitionBySensor(brokers, topic).source({ until: 'end', assignment: 'all' }))
          .withEventTime('record', sourceWatermarks())
      : job
          .from(kafkaSource({ brokers, topic, value: readingSerde, until: 'end', assignment: 'all' }))
          .withEventTime(({ at }) => at, boundedOutOfOrderness(0))
  const job = pipeline(`read-${topic}`)
  timed(job).sink(
    forEachBatch(readings => {
      messages += readings.length
      for (const reading of readings) checksum += checksumOf(reading)
    }),
  )
  const stop = startStopwatch()
  await run(job, { store: memoryCheckpointStore() }).done
  return { messages, checksum, taken: stop() }
}
