import type { Broker, Skipped } from './broker.ts'

/** Starts a broker of @rtp/kafka-embedded in this process. */
export async function embeddedKafka(): Promise<Broker | Skipped> {
  const embedded: { startBroker?: () => Promise<{ brokers: string[]; stop(): Promise<void> }> } = await import(
    '@rtp/kafka-embedded'
  )
  if (!embedded.startBroker) return { skipped: '@rtp/kafka-embedded has no startBroker yet' }
  const broker = await embedded.startBroker()
  return {
    kind: 'embedded',
    name: 'embedded broker',
    brokers: broker.brokers,
    version: 'embedded',
    stop: () => broker.stop(),
  }
}
