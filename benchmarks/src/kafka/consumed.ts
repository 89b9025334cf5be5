import type { Taken } from '../harness/stopwatch.ts'

/** What a consumer has seen, and what it took from having its partitions to the last message. */
export interface Consumed {
  readonly messages: number
  readonly checksum: number
  readonly taken: Taken
}
