import { Random } from '../simulation/random.ts'
import type { Direction, NetworkFault } from './network-fault.ts'

export interface DealOptions {
  readonly count: number
  /** How many networks there are to hurt. */
  readonly networks: number
  readonly seed: number
}

/** A fault, and the network that it is meant for: from 0 on. */
export interface DealtFault {
  readonly network: number
  readonly fault: NetworkFault
}

/**
 * Faults of chance, the same ones for the same seed: every kind for every network in every direction in an order of chance, and again until there are
 * `count`. All kinds but `refuse`, whose effect nobody can count.
 */
export function dealNetworkFaults({ count, networks, seed }: DealOptions): DealtFault[] {
  const random = new Random(seed, 'network faults')
  const faults: DealtFault[] = []
  while (faults.length < count) {
    const round = Array.from({ length: networks }, (_, network) =>
      DIRECTIONS.flatMap(direction => KINDS.map(make => ({ network, fault: make(random, direction) }))),
    )
    faults.push(...random.shuffled(round.flat()))
  }
  return faults.slice(0, count)
}

const DIRECTIONS: readonly Direction[] = ['toServer', 'toClient']

const KINDS: readonly ((random: Random, direction: Direction) => NetworkFault)[] = [
  (random, direction) => ({
    kind: 'latency',
    ms: random.between(1, 60),
    jitterMs: random.between(0, 60),
    direction,
  }),
  (random, direction) => ({ kind: 'bandwidth', bytesPerSecond: random.between(20_000, 500_000), direction }),
  (random, direction) => ({ kind: 'torn', pieceBytes: random.between(1, 3), direction }),
  (_, direction) => ({ kind: 'stall', direction }),
  (_, direction) => ({ kind: 'reset', direction }),
  (_, direction) => ({ kind: 'slow-close', direction }),
  (_, direction) => ({ kind: 'half-open', direction }),
]
