import type { CaseOptions } from './case-options.ts'
import type { CaseInput, CaseResult } from './conformance-case.ts'

/** The adapter between one kind of case and the operator that answers for it. */
export interface ConformanceKind {
  readonly kind: string
  /** Dialects that it speaks; a case without one suits any adapter of its kind. */
  readonly dialects: readonly string[]
  /** True when its results are watermarks and statuses: then all of them are compared, also where none is expected. */
  readonly watermarksAreResults?: boolean
  /**
   * Builds and starts a fresh operator by the public API. An option of the case that it does not read fails the case, so that nothing is left out
   * silently.
   */
  start(options: CaseOptions): ConformanceSubject
}

/** A running operator as the cases see it. `operatorSubject` makes one of an operator's spec. */
export interface ConformanceSubject {
  feed(item: CaseInput): void | Promise<void>
  /** Feeds elements and watermarks of one input as one batch. Left out, the operator has no batches. */
  feedTogether?(items: readonly CaseInput[]): void | Promise<void>
  /** Everything that came out since the last call, also of the late output. */
  take(): SubjectOutput
  /** Waits until what was fed has come out; called after the last item. */
  finish?(): void | Promise<void>
  /**
   * Throws the operator away and restores a fresh copy: from a snapshot of everything, or from one of everything at the start and those of the changes
   * since. Left out, the operator has no state.
   */
  restore?(from: SnapshotKind): void | Promise<void>
  /** False where it may be restored only where the case says so, as with results held back until a flush. Default true. */
  readonly restoresAnywhere?: boolean
  /** What is compared with the case's `state`. */
  state?(): Readonly<Record<string, unknown>>
}

export interface SubjectOutput {
  readonly results: readonly CaseResult[]
  readonly late: readonly CaseResult[]
}

export type SnapshotKind = 'all' | 'changes'

/** Says that a case asks for something that the adapter does not know. It fails the case, whatever the case expects. */
export class UnsupportedCase extends Error {}
