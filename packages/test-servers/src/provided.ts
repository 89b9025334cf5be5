import type { BrokerAddress, Skipped } from './broker.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** From kafka-setup.ts. */
    rtpEmbeddedKafka: BrokerAddress
    /** From kafka-setup.ts. */
    rtpRealKafka: BrokerAddress | Skipped
    /** From postgres-setup.ts: address of the server. */
    rtpPostgres: string
  }
}
