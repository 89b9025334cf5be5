import type { Logger } from '@rtp/stream-core'

/** Who follows a stage, and may ask it to finish. */
export interface StageListener {
  readonly logger: Logger
  /** Aborted when the stage is to bring what it has begun to an end. */
  readonly stopping: AbortSignal
  /** Takes a line about the work. */
  say(line: string): void
  /** Called once when records flow. */
  onReady(): void
  /** Rows so far, and their share of the whole where it is known. */
  onProgress(rows: number, share: number | undefined): void
}
