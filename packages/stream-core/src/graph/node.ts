import type { Sink } from '../connectors/sink.ts'
import type { Source } from '../connectors/source.ts'
import type { OperatorSpec } from '../operators/operator.ts'

/** A step of the logical dataflow: plain data, nothing runs. */
export type GraphNode = SourceNode | OperatorNode | SinkNode

export interface SourceNode {
  readonly type: 'source'
  readonly id: number
  readonly name: string
  readonly source: Source<unknown>
}

export interface OperatorNode {
  readonly type: 'operator'
  readonly id: number
  readonly name: string
  /** True when the user gave the name, so that it survives edits of the pipeline. */
  readonly named: boolean
  readonly spec: OperatorSpec<unknown, unknown>
  readonly inputs: readonly Edge[]
}

export interface SinkNode {
  readonly type: 'sink'
  readonly id: number
  readonly name: string
  readonly sink: Sink<unknown>
  readonly inputs: readonly Edge[]
}

/** Where an input comes from: an output of an earlier node. */
export interface Edge {
  readonly from: number
  /** `MAIN_OUTPUT`, or the name of a side output. */
  readonly output: string
}

export const MAIN_OUTPUT = 'main'
/** Side output of a source: records that could not be decoded. */
export const BAD_RECORDS_OUTPUT = 'badRecords'
