import type { BrokerAddress, Skipped } from './broker.ts'

/** Reads a broker, or the reason why there is none, from the environment variable that a parent process set. */
export function parseBroker(text: string | undefined): BrokerAddress | Skipped | undefined {
  return text === undefined || text === '' ? undefined : (JSON.parse(text) as BrokerAddress | Skipped)
}

/** Writes what parseBroker reads. */
export function formatBroker(broker: BrokerAddress | Skipped): string {
  return JSON.stringify('skipped' in broker ? { skipped: broker.skipped } : addressOf(broker))
}

/** The part of a broker that can be handed to another thread or process: everything but its functions. */
export function addressOf({ kind, name, brokers, version }: BrokerAddress): BrokerAddress {
  return { kind, name, brokers, version }
}
