import type { ChaosOptions } from './options.ts'
import type { Random } from './random.ts'

/** What is done to the job or its servers. */
export type Fault = 'kill' | 'pause' | 'db-kill' | 'broker-kill'

/** The faults that were asked for, in an order of chance. */
export function dealFaults(options: ChaosOptions, random: Random): Fault[] {
  const counts: readonly (readonly [Fault, number])[] = [
    ['kill', options.kills],
    ['pause', options.pauses],
    ['db-kill', options.dbKills],
    ['broker-kill', options.brokerKills],
  ]
  return random.shuffled(counts.flatMap(([fault, count]) => new Array<Fault>(count).fill(fault)))
}
