/** A benchmark: a thing and what it is compared with. */
export interface Benchmark {
  /** What it is called on the command line. */
  readonly name: string
  /** What is measured, in a line. */
  readonly title: string
  run(options: BenchmarkOptions): Promise<readonly (Comparison | FigureTable)[]>
}

export interface BenchmarkOptions {
  /** Fewer records and rounds: shows that it works, not how fast it is. */
  readonly quick: boolean
  /** Says what goes on. */
  readonly log: (line: string) => void
}

/** Contenders that were run in turn, in one process and one run. */
export interface Comparison {
  readonly title: string
  readonly rows: readonly ContenderResult[]
  /** Facts beside the table: versions, sizes, what was checked. */
  readonly notes: readonly string[]
}

/** Figures that are no rates: times, sizes. */
export interface FigureTable {
  readonly title: string
  readonly columns: readonly string[]
  readonly figures: readonly { readonly name: string; readonly values: readonly string[] }[]
  readonly notes: readonly string[]
}

export interface ContenderResult {
  readonly name: string
  readonly rounds: number
  /** Records per second of wall-clock time. */
  readonly recordsPerSecond: Spread
  /** CPU microseconds of this process for each record; of a contender that is not in this process, of that. */
  readonly cpuMicrosPerRecord: Spread
  /** Wall-clock speed as a multiple of the first contender's: the median over rounds of the ratio within a round. Not where rows are no rivals. */
  readonly ratio?: number
}

export interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
}
