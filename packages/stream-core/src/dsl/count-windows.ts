import type { Evictor } from '../windows/evictors/evictor.ts'
import { keepCount } from '../windows/evictors/keep-count.ts'
import { checkCount, countFrom, everyCount } from '../windows/triggers/every-count.ts'
import { purging } from '../windows/triggers/purging.ts'
import type { Trigger } from '../windows/triggers/trigger.ts'
import type { Named } from './named.ts'

export interface CountWindowOptions extends Named {
  /**
   * True: only windows of `size` records are emitted, as by Flink SQL, and `pane.index` is the window's number for its key, from 0. A key's count is
   * then kept for ever. Default false.
   */
  readonly complete?: boolean
}

/** Windows of `size` records, a new one every `slide` records: a trigger that counts, and an evictor that keeps the last ones. */
export function countWindows(
  size: number,
  slide: number,
  { complete = false }: CountWindowOptions,
): { readonly trigger: Trigger; readonly evictor?: Evictor } {
  checkCount('countWindow(size)', size)
  checkCount('countWindow(slide)', slide)
  if (size === slide) return { trigger: purging(complete ? countFrom(size, size) : everyCount(size)) }
  return { trigger: complete ? countFrom(size, slide) : everyCount(slide), evictor: keepCount(size) }
}
