import type { CrashPoint } from '@rtp/stream-core/extend'
import type { ChaosOptions } from './options.ts'
import type { Random } from './random.ts'

/** What is done to the job or its servers at a moment of chance. */
export type MomentFault = 'kill' | 'pause' | 'db-kill' | 'broker-kill' | 'network'

/** A job process that dies at a point. */
export interface PointFault {
  readonly point: CrashPoint
}

export type Fault = MomentFault | PointFault

/** The faults that were asked for, in an order of chance. */
export function dealFaults(options: ChaosOptions, points: readonly CrashPoint[], random: Random): Fault[] {
  const counts: readonly (readonly [Fault, number])[] = [
    ['kill', options.kills],
    ['pause', options.pauses],
    ['db-kill', options.dbKills],
    ['broker-kill', options.brokerKills],
    ...points.map(point => [{ point }, options.failpoints] as const),
    ['network', options.networkFaults],
  ]
  return random.shuffled(counts.flatMap(([fault, count]) => new Array<Fault>(count).fill(fault)))
}

export function faultName(fault: Fault): string {
  return typeof fault === 'string' ? fault : `death at ${fault.point}`
}
