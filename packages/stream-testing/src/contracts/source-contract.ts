import type { Position, Source } from '@rtp/stream-core/extend'
import { type ContractCase, caseOf, type Disposable } from './contract-case.ts'
import { OpenedSource } from './opened-source.ts'
import * as cases from './source-cases.ts'

/** A source and what is in it. */
export interface SourcePlace<T> extends Disposable {
  /** A value: opened several times, also at once. */
  readonly source: Source<T>
  /** The records of each partition, in order. Three or more in one partition, or little is checked. */
  readonly expected: readonly (readonly T[])[]
  /** Reasons of the bad records of each partition, in order. Default: there are none. */
  readonly expectedBad?: readonly (readonly string[])[]
}

export interface SourceContractOptions<T> {
  /** Called for every case. `batchRecords` is how many records a batch should hold at most, as far as the source lets one choose. */
  create(batchRecords: number): Promise<SourcePlace<T>>
  /** Positions that partition 0 does not hold (any more). Left out: not checked. */
  readonly unknownPositions?: readonly Position[]
  /** True when a call of `next` at the end of the partition waits for more instead of ending. Default: what `bounded` says. */
  readonly waitsAtEnd?: boolean
  /** False when offsets may begin anew within a partition, as with several files one behind the other. Default true. */
  readonly offsetsGrow?: boolean
  /** How long to wait for what must come, ms. Default 15,000. */
  readonly patienceMs?: number
}

/** The rules that every source keeps, as cases for any test runner. */
export function sourceContract<T>(options: SourceContractOptions<T>): ContractCase[] {
  const on = (name: string, batchRecords: number, check: (source: OpenedSource<T>) => Promise<void>) =>
    caseOf(name, async () => new OpenedSource(options, await options.create(batchRecords)), check)
  const list = [
    on('delivers every record of every partition once and in order', MANY, cases.deliversEverything),
    on('delivers the same in batches of one', 1, cases.deliversEverything),
    on('goes on after every batch without loss or repetition', 1, cases.resumesAnywhere),
    on('goes on from a position that went through JSON', 2, cases.resumesFromJson),
    on('says where it starts', MANY, cases.saysStart),
    on('moves its position forward with every batch', 1, cases.movesForward),
    on('hands over columns that fit together', 2, cases.columnsFit),
    on('gives its columns away: what the engine writes into them is never read again', 2, cases.givesColumnsAway),
    on('delivers bad records with their bytes, in order', 2, cases.deliversBadRecords),
    on('is read by two jobs at once without harm', 1, cases.readTwice),
    on('has the same partitions each time it is opened', MANY, cases.samePartitions),
    on('ends, or waits for more, behind the last record', MANY, cases.endsOrWaits),
    on(
      'comes back empty from a read that is under way when it is closed, and from every later one',
      MANY,
      cases.closes,
    ),
    on('gives up when the job ends', MANY, cases.givesUpOnAbort),
    on('can be opened again after it was closed', MANY, cases.opensAgain),
  ]
  for (const position of options.unknownPositions ?? []) {
    const name = `refuses the position ${JSON.stringify(position)}, which it does not hold, instead of going somewhere else`
    list.push(on(name, MANY, source => cases.refusesPosition(source, position)))
  }
  return list
}

const MANY = 1_000
