import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { type BrokerOptions, type EmbeddedBroker, startBroker } from '@rtp/kafka-embedded'
import type { Broker } from './broker.ts'

/** An embedded broker; `broker` gives access to its faults and topics. */
export interface EmbeddedKafka extends Broker {
  readonly broker: EmbeddedBroker
}

/** Starts a broker of @rtp/kafka-embedded in this process. */
export async function embeddedKafka(options: BrokerOptions = {}): Promise<EmbeddedKafka> {
  const manifest = createRequire(import.meta.url).resolve('@rtp/kafka-embedded/package.json')
  const { version } = JSON.parse(await readFile(manifest, 'utf8')) as { version: string }
  const broker = await startBroker(options)
  return {
    kind: 'embedded',
    name: 'embedded broker',
    brokers: [broker.address],
    version,
    broker,
    stop: () => broker.stop(),
  }
}
