import { apacheKafka } from './apache-kafka.ts'
import type { Broker, Skipped } from './broker.ts'
import { parseBroker } from './handed-over.ts'
import { redpanda } from './redpanda.ts'
import { answersKafka } from './wire-probe.ts'

/**
 * A broker that is not ours, in this order: the one that a parent process handed over (RTP_TEST_KAFKA), KAFKA_BROKERS, Redpanda in Docker,
 * Apache Kafka's jars from Maven Central. A skip is printed once with its reasons; with RTP_REQUIRE_REAL=1 it is thrown.
 */
export async function realKafka(): Promise<Broker | Skipped> {
  const handedOver = parseBroker(process.env['RTP_TEST_KAFKA'])
  if (handedOver)
    return 'skipped' in handedOver ? skip(handedOver.skipped) : { ...handedOver, stop: async () => undefined }
  if (process.env['RTP_SKIP_REAL'] === '1') return skip('RTP_SKIP_REAL=1')
  const given = process.env['KAFKA_BROKERS']
  if (given) return external(given)
  const reasons: string[] = ['KAFKA_BROKERS is not set']
  for (const start of [redpanda, apacheKafka]) {
    const broker = await start()
    if (!('skipped' in broker)) return broker
    reasons.push(broker.skipped)
  }
  return skip(reasons.join('; '))
}

/** An address that was given must answer: to run without it silently would hide what the caller asked for. */
async function external(given: string): Promise<Broker> {
  const brokers = given.split(',').map(address => address.trim())
  const first = brokers[0] ?? ''
  if (!(await answersKafka(first))) {
    throw new Error(`KAFKA_BROKERS: no Kafka broker answers at ${first}. Start it, or unset KAFKA_BROKERS.`)
  }
  return { kind: 'external', name: 'Kafka at KAFKA_BROKERS', brokers, version: 'unknown', stop: async () => undefined }
}

let printed = false

function skip(reason: string): Skipped {
  if (process.env['RTP_REQUIRE_REAL'] === '1') {
    throw new Error(`RTP_REQUIRE_REAL=1, but there is no real Kafka broker: ${reason}`)
  }
  if (!printed) console.warn(`Tests against a real Kafka broker are skipped: ${reason}`)
  printed = true
  return { skipped: reason }
}
