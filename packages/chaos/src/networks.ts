import { setTimeout as sleep } from 'node:timers/promises'
import { type DealtFault, dealNetworkFaults, type NetworkCounts, type NetworkProxy } from '@rtp/stream-testing/network'
import type { Random } from './random.ts'

/** The job's ways to its servers, where they are to fail. */
export interface Networks {
  readonly kafka: NetworkProxy
  readonly postgres: NetworkProxy
}

/** What the report says of them. */
export interface NetworkReport {
  readonly dealt: number
  readonly kafka: NetworkCounts['hits']
  readonly postgres: NetworkCounts['hits']
}

/** Deals faults of networks, one at a time. */
export class NetworkHurt {
  readonly #networks: Networks
  readonly #left: DealtFault[]

  constructor(networks: Networks, count: number, seed: number) {
    this.#networks = networks
    this.#left = dealNetworkFaults({ count, networks: 2, seed })
  }

  /** Lets the next one happen until it has hit something, and for a time of chance; says what it was. */
  async next(random: Random): Promise<string> {
    const { network, fault } = this.#left.shift()!
    const name = network === 0 ? 'kafka' : 'postgres'
    const proxy = this.#networks[name]
    const hits = proxy.counts.hits[fault.kind]
    const givesUpAt = performance.now() + MOST_WAIT_MS
    proxy.apply(fault)
    while (proxy.counts.hits[fault.kind] === hits && performance.now() < givesUpAt) {
      await sleep(5)
      // One of connections that met none is tried again.
      if (proxy.counts.hits[fault.kind] === hits) proxy.apply(fault)
    }
    await sleep(random.below(LONGEST_MS))
    await proxy.heal()
    return `${fault.kind} on the way ${'direction' in fault ? fault.direction : 'both ways'} of ${name}, ${proxy.counts.hits[fault.kind] - hits} hits`
  }
}

export function reportOf({ kafka, postgres }: Networks, dealt: number): NetworkReport {
  return { dealt, kafka: kafka.counts.hits, postgres: postgres.counts.hits }
}

/** A job on its way up may not have a connection yet. */
const MOST_WAIT_MS = 10_000
/** Longer than the job waits for an answer, so that some faults are noticed and some are borne. */
const LONGEST_MS = 3_000
