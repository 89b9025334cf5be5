import type { PartitionProgress } from '../operators/operator.ts'
import type { WatermarkAlignment } from '../time/watermark-policy.ts'

/** A partition as one aligned event-time step sees it. */
export interface AlignedPartition {
  readonly alignment: WatermarkAlignment
  /** True once no record of it will come in this run. */
  readonly ended: () => boolean
  readonly progress: () => PartitionProgress
}

/**
 * Keeps the partitions of a group from running ahead of each other in event time. The slowest one that is neither idle nor ended may always be
 * read, and a partition is in one group at most, so somebody can always go on.
 */
export class Alignment {
  readonly #groups = new Map<string, AlignedPartition[]>()
  #waiting: (() => void)[] = []

  add(partition: AlignedPartition): void {
    const { group } = partition.alignment
    this.#groups.set(group, [...(this.#groups.get(group) ?? []), partition])
  }

  /** Undefined while the partition may be read; else resolves when that may have changed. */
  hold(partition: AlignedPartition): Promise<void> | undefined {
    const { group, maxDriftMs } = partition.alignment
    let slowest = Number.POSITIVE_INFINITY
    for (const other of this.#groups.get(group) ?? []) {
      const { watermark, idle } = other.progress()
      if (!idle && !other.ended() && watermark < slowest) slowest = watermark
    }
    if (!(partition.progress().watermark - slowest > maxDriftMs)) return undefined
    return new Promise(resolve => this.#waiting.push(resolve))
  }

  /** A partition has moved on, or holds nobody back any more. */
  changed(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
}
