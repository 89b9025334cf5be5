import type { BrokerAddress, Skipped } from './broker.ts'

/** Reads a broker, or the reason why there is none, from the environment variable that a parent process set. */
export function parseBroker(text: string | undefined): BrokerAddress | Skipped | undefined {
  return text === undefined || text === '' ? undefined : (JSON.parse(text) as BrokerAddress | Skipped)
}

/** Writes what parseBroker reads. */
export function formatBroker(broker: BrokerAddress | Skipped): string {
  return JSON.stringify(writable(broker))
}

/** The part of a broker that can be handed to another thread or process: everything but its functions. */
export function writable(broker: BrokerAddress | Skipped): BrokerAddress | Skipped {
  if ('skipped' in broker) return { skipped: broker.skipped }
  const { kind, name, brokers, version } = broker
  return { kind, name, brokers, version }
}
