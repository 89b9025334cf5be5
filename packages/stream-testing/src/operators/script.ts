/**
 * What goes into an operator, one item after the other. `input` counts an operator's inputs and `partition` its `origins`, both from 0,
 * the default.
 */
export type InputItem<In> = InputRecord<In> | InputWatermark | InputIdle | InputActive | Quiet | ProcessingTime

export interface InputRecord<In> extends InputPlace {
  readonly value: In
  /** Event time in epoch milliseconds; a record without one has none yet. */
  readonly time?: number
}

export interface InputWatermark extends InputPlace {
  /** No later record of this input is at or before this time, unless it is late. `Infinity` ends the input. */
  readonly watermark: number
}

/** From here on the input holds back nobody's watermark. */
export interface InputIdle extends InputPlace {
  readonly idle: true
}

/** The input counts again, though it has sent no record yet. */
export interface InputActive extends InputPlace {
  readonly active: true
}

/** No record has come for the operator's `quietAfterMs`. */
export interface Quiet {
  readonly quiet: true
}

/** Wall-clock time moves to `processingTime`, epoch ms. Before the first such item it stands at 0. */
export interface ProcessingTime {
  readonly processingTime: number
}

export interface InputPlace {
  readonly input?: number
  readonly partition?: number
}

/** What comes out of an operator, in order: a record's watermark stands before it, so results precede the watermark that released them. */
export type OutputItem<Out> = OutputRecord<Out> | OutputWatermark | OutputIdle | OutputActive

export interface OutputRecord<Out> {
  readonly value: Out
  /** Event time in epoch milliseconds; NaN where the record has none. */
  readonly time: number
}

export interface OutputWatermark {
  readonly watermark: number
}

export interface OutputIdle {
  readonly idle: true
}

export interface OutputActive {
  readonly active: true
}
