import { describe, inject } from 'vitest'
import type { BrokerAddress } from './broker.ts'
import { type FreshDatabase, freshDatabase as freshDatabaseOn } from './postgres.ts'
import './provided.ts'

/**
 * Declares the same suite for every broker: the embedded one, and a real one where the machine has one (else the suite shows as skipped, with
 * the reason in its title). Needs `withServers('kafka')` in the package's vitest.config.ts.
 */
export function forEachBroker(suite: (broker: BrokerAddress) => void): void {
  const embedded = inject('rtpEmbeddedKafka')
  const real = inject('rtpRealKafka')
  describe(embedded.name, () => suite(embedded))
  if ('skipped' in real) {
    const nowhere: BrokerAddress = { kind: 'external', name: 'real broker', brokers: [], version: 'none' }
    describe.skip(`real broker (${real.skipped})`, () => suite(nowhere))
  } else {
    describe(real.name, () => suite(real))
  }
}

/**
 * Makes an empty database of the test's own; hand `drop` to onTestFinished or return it from beforeAll. Needs `withServers('postgres')` in the
 * package's vitest.config.ts.
 */
export async function freshDatabase(): Promise<FreshDatabase> {
  return freshDatabaseOn(inject('rtpPostgres'))
}

export type { BrokerAddress } from './broker.ts'
export type { FreshDatabase } from './postgres.ts'
