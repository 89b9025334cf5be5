import type { Sink } from '@rtp/stream-core/extend'
import { type ContractCase, caseOf, type Disposable } from './contract-case.ts'
import { OpenedSink } from './opened-sink.ts'
import * as cases from './sink-cases.ts'

/** A sink and its target: an empty table, topic or file. */
export interface SinkPlace<T> extends Disposable {
  /** The sink, not opened; the same value may be opened several times. */
  readonly sink: Sink<T>
  /** What a reader of the target sees now. */
  visible(): Promise<readonly T[]>
  /** Runs `work` in a transaction of the sink's scope: committed when it resolves, rolled back when it rejects, which is passed on. */
  transaction?(work: (transaction: unknown) => Promise<void>): Promise<void>
}

export interface SinkContractOptions<T> {
  create(): Promise<SinkPlace<T>>
  /** A record that differs from all with another number, and that comes out of the target deeply equal to itself. */
  record(number: number): T
  /** True when the target keeps an order that its readers see. Default true. */
  readonly ordered?: boolean
  /** How parts become durable. Default: 'join' for a sink with a scope, else 'flush'. */
  readonly durableBy?: 'flush' | 'join'
  /** Records, in batches of 1,000, after which the sink must hold the job back at the latest. Left out: back-pressure is not checked. */
  readonly holdsBackAfter?: number
  /** How long to wait for what must come, ms. Default 15,000. */
  readonly patienceMs?: number
}

/** The rules that every sink keeps, as cases for any test runner. */
export function sinkContract<T>(options: SinkContractOptions<T>): ContractCase[] {
  const on = (name: string, check: (sink: OpenedSink<T>) => Promise<void>) =>
    caseOf(name, async () => new OpenedSink(options, await options.create()), check)
  const list = [
    on('shows nothing before a part is durable, and all of it afterwards', cases.showsDurableParts),
    on('cuts at seal: later writes belong to the next part', cases.cutsAtSeal),
    on('has no part to seal when nothing was written', cases.sealsNothing),
    on('takes batches of any size, without keeping them', cases.takesAnyBatch),
    on('takes only the first `size` records of a batch', cases.takesSizeOnly),
    on('keeps the order of parts and of the records in them', cases.keepsOrder),
    on('gives up at close what was not made durable', cases.givesUpTheRest),
    on('goes on where it was when it is opened again', cases.opensAgain),
    on('can be open twice at once', cases.opensTwice),
    on('holds nobody back while there is room', cases.isReadyAtFirst),
    on('writes the same records twice as its `rewrite` says', cases.rewritesAsSaid),
  ]
  if (options.holdsBackAfter !== undefined) {
    list.push(on('holds the job back when too much waits, and lets it go on when that is durable', cases.holdsBack))
  }
  if (options.durableBy !== 'flush') {
    list.push(on('shows nothing of a part whose transaction was rolled back', cases.rollsBack))
  }
  return list
}
