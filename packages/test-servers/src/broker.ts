/** What runs behind the addresses. */
export type BrokerKind = 'embedded' | 'apache' | 'redpanda' | 'external'

/** Where a broker is and what it is: everything that can be handed to another process. */
export interface BrokerAddress {
  readonly kind: BrokerKind
  /** For test titles: `embedded broker`, `Apache Kafka 4.1` ... */
  readonly name: string
  /** Bootstrap addresses, `host:port`. */
  readonly brokers: readonly string[]
  readonly version: string
}

/** A broker that was started here, or one that was found. */
export interface Broker extends BrokerAddress {
  /** Stops what was started here; an external broker is left alone. */
  stop(): Promise<void>
  /** kill -9, where the broker is a process of ours. */
  readonly kill?: () => Promise<void>
  /** Starts it again on the same addresses and data after kill(). */
  readonly restart?: () => Promise<void>
}

/** Why there is no such broker on this machine. */
export interface Skipped {
  readonly skipped: string
}
