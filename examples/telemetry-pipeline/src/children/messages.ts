import type { Settings } from '../cli/settings.ts'
import type { JobResult, ProduceResult } from '../output/stage-results.ts'

/** What a child process is there for, and what it says when it is done. */
export interface Roles {
  readonly broker: undefined
  readonly produce: ProduceResult
  readonly job: JobResult
}

export type Role = keyof Roles

/** What the parent tells a child. Settings hold secrets, and travel here so that no command line or environment shows them. */
export type ParentMessage =
  | { readonly type: 'start'; readonly role: Role; readonly settings: Settings }
  /** The topic holds everything now: go on to its end, then finish. */
  | { readonly type: 'inputComplete' }
  /** Bring what was begun to an end, and finish. */
  | { readonly type: 'stop' }

/** What a child tells its parent. */
export type ChildMessage =
  /** The work has begun; of a broker also where it listens. */
  | { readonly type: 'ready'; readonly address?: string | undefined }
  | { readonly type: 'progress'; readonly rows: number; readonly share?: number | undefined }
  | { readonly type: 'say'; readonly line: string }
  | { readonly type: 'done'; readonly result: Roles[Role] }
  | { readonly type: 'failed'; readonly code: string; readonly message: string }
