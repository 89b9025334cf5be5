import { field, json, kafkaSink, type Serde } from '@rtp/kafka'
import { writeBytes, writeText } from '@rtp/kafka-protocol'
import { fromIterable, pipeline, run } from '@rtp/stream-core'
import type { Batch, Sink } from '@rtp/stream-core/extend'
import { sinkContext } from '../harness/sink-context.ts'
import { type Taken, timed } from '../harness/stopwatch.ts'
import type { Message, Reading } from './message.ts'

/** Records between two cuts, as a job's checkpoints make them. */
const CUT_BATCHES = 50

export const readingSerde = json({
  sensor: field.integer(),
  value: field.number(),
  at: field.isoTime(),
  note: field.text(),
})

export function textSink(brokers: readonly string[], topic: string): Sink<Message> {
  return kafkaSink({ brokers, topic, key: message => message.key, value: writing(message => message.text, writeText) })
}

export function bytesSink(brokers: readonly string[], topic: string): Sink<Message> {
  return kafkaSink({
    brokers,
    topic,
    key: message => message.key,
    value: writing(message => message.bytes, writeBytes),
  })
}

export function jsonSink(brokers: readonly string[], topic: string): Sink<Message> {
  const write = readingSerde.encoder()
  return kafkaSink({ brokers, topic, key: message => message.key, value: writing(message => message.reading, write) })
}

/** The sink as the engine drives it, from the first record to the acknowledgement of the last. */
export async function produceBySink(sink: Sink<Message>, batches: readonly Batch<Message>[]): Promise<Taken> {
  const writer = await sink.open(sinkContext())
  const taken = await timed(async () => {
    let underWay: Promise<void> | undefined
    for (const [i, batch] of batches.entries()) {
      writer.write(batch)
      await writer.ready()
      if ((i + 1) % CUT_BATCHES !== 0 && i + 1 < batches.length) continue
      const part = writer.seal()
      await underWay
      underWay = part?.flush()
    }
    await underWay
  })
  await writer.close()
  return taken
}

/** A whole job, from its start to its end. */
export async function produceByPipeline(
  brokers: readonly string[],
  topic: string,
  readings: readonly Reading[],
): Promise<Taken> {
  const job = pipeline(`produce-${topic}`)
  job
    .from(fromIterable(readings))
    .sink(kafkaSink<Reading>({ brokers, topic, key: reading => `sensor-${reading.sensor}`, value: readingSerde }))
  return timed(() => run(job).done)
}

/** A serde for a part of the message. */
function writing<V>(
  of: (message: Message) => V,
  write: (value: V, bytes: Buffer, at: number) => number,
): Serde<Message> {
  return {
    name: 'part of a message',
    encoder: () => (message, bytes, at) => write(of(message), bytes, at),
    decoder() {
      throw new Error('messages are only written here')
    },
  }
}
