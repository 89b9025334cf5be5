import type { CheckpointArchive } from '@rtp/stream-core/extend'
import type { CommandLine } from '../command-line.ts'

/** What a command has to say, for people and for programs. */
export interface Answer {
  readonly text: string
  /** Plain data for JSON. */
  readonly data: unknown
}

/** A command: the line has what it needs, or it would have been refused. */
export type Run = (archive: CheckpointArchive, line: CommandLine) => Promise<Answer>
