import type { Direction, NetworkFaultKind } from './network-fault.ts'

/** What a proxy did. */
export interface NetworkCounts {
  /** Connections that were accepted. */
  readonly connections: number
  /** Bytes that came in. */
  readonly bytes: Readonly<Record<Direction, number>>
  /** Bytes that vanished. */
  readonly lostBytes: Readonly<Record<Direction, number>>
  /**
   * How often a fault had an effect: pieces that were delayed, slowed down, torn, held or lost; connections that were reset or closed. A refused
   * connection is refused by the system, so nobody can count it.
   */
  readonly hits: Readonly<Record<NetworkFaultKind, number>>
}

/** The counters behind NetworkCounts. */
export class CountedNetwork implements NetworkCounts {
  connections = 0
  readonly bytes: Record<Direction, number> = { toServer: 0, toClient: 0 }
  readonly lostBytes: Record<Direction, number> = { toServer: 0, toClient: 0 }
  readonly hits: Record<NetworkFaultKind, number> = {
    latency: 0,
    bandwidth: 0,
    torn: 0,
    stall: 0,
    refuse: 0,
    reset: 0,
    'slow-close': 0,
    'half-open': 0,
  }
}
