import { kafkaError } from '../errors.ts'
import type { BrokerAddress } from '../kafka-client.ts'

/** Reads `host`, `host:port` or `[ipv6]:port`; the port is 9092 when it is left out. Throws KAFKA_OPTION_INVALID. */
export function parseBroker(text: string): BrokerAddress {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:/[\]]+))(?::(\d+))?$/.exec(text.trim())
  const host = match?.[1] ?? match?.[2]
  const port = match?.[3] === undefined ? 9092 : Number(match[3])
  if (host === undefined || port < 1 || port > 65_535)
    throw kafkaError('KAFKA_OPTION_INVALID', `brokers: "${text}" is no address. Write host:port, e.g. localhost:9092.`)
  return { host, port }
}

/** The address as it is written. */
export function brokerName({ host, port }: BrokerAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}
