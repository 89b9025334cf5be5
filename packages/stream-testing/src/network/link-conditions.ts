import type { NetworkFault } from './network-fault.ts'

/** The state of one direction of a network. */
export interface LinkConditions {
  readonly latencyMs: number
  readonly jitterMs: number
  readonly bytesPerSecond: number
  readonly pieceBytes: number
  readonly isStalled: boolean
}

export const SOUND: LinkConditions = {
  latencyMs: 0,
  jitterMs: 0,
  bytesPerSecond: Number.POSITIVE_INFINITY,
  pieceBytes: Number.POSITIVE_INFINITY,
  isStalled: false,
}

/** The conditions with one fault more; undefined when the fault is none of the network's state. */
export function worsened(conditions: LinkConditions, fault: NetworkFault): LinkConditions | undefined {
  switch (fault.kind) {
    case 'latency':
      return { ...conditions, latencyMs: fault.ms, jitterMs: fault.jitterMs ?? 0 }
    case 'bandwidth':
      return { ...conditions, bytesPerSecond: fault.bytesPerSecond }
    case 'torn':
      return { ...conditions, pieceBytes: fault.pieceBytes }
    case 'stall':
      return { ...conditions, isStalled: true }
    default:
      return undefined
  }
}
