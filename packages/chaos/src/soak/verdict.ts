import type { Sample } from './sample.ts'

/** What a job must not do however long it runs. */
export interface Verdict {
  readonly heapGrowthBytes: number
  readonly openFilesGrowth: number
  /** The median over the samples of each one's 99th percentile. */
  readonly loopDelayMs: number
  readonly faults: readonly string[]
}

/**
 * Compares the last third of the samples with the third before it. Garbage waits to be collected, so of each third the least heap counts; the first third is
 * for warming up.
 */
export function judge(samples: readonly Sample[]): Verdict {
  const third = Math.floor(samples.length / 3)
  const middle = samples.slice(third, 2 * third)
  const last = samples.slice(2 * third)
  const least = (of: readonly Sample[]): number => Math.min(...of.map(({ heapBytes }) => heapBytes))
  const most = (of: readonly Sample[]): number => Math.max(...of.map(({ openFiles }) => openFiles))
  const heapGrowthBytes = least(last) - least(middle)
  const openFilesGrowth = most(last) - most(middle)
  const delays = samples.slice(third).map(({ loopDelayMs }) => loopDelayMs)
  const loopDelayMs = delays.sort((a, b) => a - b)[Math.floor(delays.length / 2)]!
  const faults: string[] = []
  if (heapGrowthBytes > HEAP_TOLERANCE_BYTES)
    faults.push(`the heap grew by ${Math.round(heapGrowthBytes / 2 ** 20)} MiB`)
  if (openFilesGrowth > 0) faults.push(`${openFilesGrowth} more files are open`)
  if (loopDelayMs > MOST_LOOP_DELAY_MS)
    faults.push(`the event loop is late by ${loopDelayMs.toFixed(0)} ms (99th percentile)`)
  return { heapGrowthBytes, openFilesGrowth, loopDelayMs, faults }
}

/** A heap of this size breathes by some megabytes whatever runs. */
const HEAP_TOLERANCE_BYTES = 8 * 2 ** 20
const MOST_LOOP_DELAY_MS = 50
