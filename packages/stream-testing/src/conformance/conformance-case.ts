/**
 * A fact about an event-time operator as data: what goes in, and what another system's test suite says comes out. Times are epoch milliseconds; in a
 * case that has been read, the words "MAX" and "MIN" of the file stand as +Infinity and -Infinity.
 */
export interface ConformanceCase {
  /** Unique within its file. */
  readonly id: string
  /** Where the fact comes from. */
  readonly source: string
  readonly operator: CaseOperator
  readonly input: readonly CaseInput[]
  readonly expected: readonly ExpectedResult[]
  /** Results of the late output; left out, it is not compared. */
  readonly late?: readonly ExpectedResult[]
  /** What the operator holds after an input item. */
  readonly state?: readonly ExpectedResult[]
  readonly expectError?: ExpectedError
  /** Default 'perInput'. */
  readonly order?: ResultOrder
  /** 'stream': the whole output is compared, not what came after which item. */
  readonly emission?: 'stream'
  readonly notes?: string
}

/** What is tested; its options depend on the kind. */
export interface CaseOperator {
  readonly kind: string
  /** Whose rules hold where systems contradict each other. */
  readonly dialect?: string
  readonly [option: string]: unknown
}

/**
 * perInput: results of one input item in any order. strict: the exact sequence. any: one set. strictBetweenWatermarks: results between the same
 * two watermarks in any order.
 */
export type ResultOrder = 'perInput' | 'strict' | 'any' | 'strictBetweenWatermarks'

export type ExpectedError = 'invalidArgument' | 'missingTimestamp' | 'timeout'

/** An item of the input; which kind it is says its first field. */
export type CaseInput =
  | ElementItem
  | WatermarkItem
  | { readonly processingTime: number }
  | { readonly status: 'idle' | 'active'; readonly input: InputId }
  | { readonly register: InputId }
  | { readonly unregister: InputId }
  | { readonly periodicEmit: true }
  | { readonly advanceClock: number }
  | { readonly activity: true }
  | { readonly checkIdle: true }
  | { readonly snapshotRestore: true }
  | { readonly stateTtlClock: number }
  | { readonly window: CaseWindow }
  | { readonly pair: readonly [CaseWindow, CaseWindow] }
  | { readonly releaseAsync: true }
  | { readonly end: true }

export interface ElementItem {
  readonly element: CaseElement
  readonly input?: number
  /** Kind of the change that the record is. */
  readonly op?: 'insert' | 'updateBefore' | 'updateAfter' | 'delete'
}

export interface WatermarkItem {
  readonly watermark: number
  readonly input?: InputId
  /** Counts from the next periodic tick on. */
  readonly deferred?: true
}

/** An operator's inputs are counted from 0; splits that come and go have names. */
export type InputId = number | string

/** A record of a case; `key` and `value` are any JSON. */
export interface CaseElement {
  readonly key?: unknown
  readonly value?: unknown
  /** Event time; a record without one has none. */
  readonly ts?: number
  /** Session gap of this record. */
  readonly gap?: number
}

export interface CaseWindow {
  readonly start: number
  readonly end: number
  readonly endInclusive?: true
}

/** What comes out: `key`, `value`, `window`, `ts`, `watermark` and whatever else the kind of operator gives. */
export interface CaseResult {
  /** The side output; left out, the main one. */
  readonly output?: string
  readonly [field: string]: unknown
}

/** Only the fields that it names are compared. */
export interface ExpectedResult extends CaseResult {
  /** Index of the input item that causes it. */
  readonly after?: number
  /** The result may also come after any item from this one to `after`. */
  readonly earliestAfter?: number
}
