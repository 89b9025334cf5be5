import type { BadRecord } from '../connectors/source.ts'
import { BAD_RECORDS_OUTPUT } from '../graph/node.ts'
import { Stream } from './stream.ts'

/** The stream of a source. */
export class SourceStream<T> extends Stream<T> {
  /**
   * Records that could not be decoded, with their original bytes and the reason. Taking this stream is the policy "dead letter": without it,
   * a bad record stops the job, or is counted and skipped where the source says `onBadRecord: 'skip'`.
   */
  badRecords(): Stream<BadRecord> {
    return this.sideOutput<BadRecord>(BAD_RECORDS_OUTPUT)
  }
}
