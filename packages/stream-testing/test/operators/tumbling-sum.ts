import {
  type Batch,
  BatchBuilder,
  type Operator,
  type OperatorContext,
  type OperatorSpec,
} from '@rtp/stream-core/extend'

export interface Reading {
  amount: number
}

/** Mistakes that operators make; each must be found by the verifier. */
export type Bug =
  | 'changes brings closed windows back'
  | 'changes are taken for everything'
  | 'drops nothing while nobody takes the side output'
  | 'emits after the watermark'
  | 'fires at the end of a batch only'
  | 'forgets the watermark in its snapshot'
  | 'holds the watermark back while nothing is emitted'
  | 'includes the end of the window'
  | 'keeps a lent batch'
  | 'rewrites a value of its input'
  | 'shares state between copies'
  | 'snapshot empties the operator'
  | 'sums per batch'
  | 'uses a batch after it was handed on'
  | 'counts late records twice'

/** Sums per window of 10 ms, with late records on a side output: right without a bug. */
export function tumblingSum(bug?: Bug): OperatorSpec<Reading, string> {
  const shared = new Map<number, number>()
  return {
    kind: 'tumblingSum',
    stateful: true,
    needsEventTime: true,
    sideOutputs: ['late'],
    start: context => new TumblingSum(context, bug, bug === 'shares state between copies' ? shared : new Map()),
  }
}

const SIZE = 10

class TumblingSum implements Operator<Reading> {
  readonly #context: OperatorContext<string>
  readonly #bug: Bug | undefined
  readonly #sums: Map<number, number>
  readonly #changed = new Set<number>()
  readonly #results = new BatchBuilder<string>()
  readonly #late = new BatchBuilder<Reading>()
  #watermark = Number.NEGATIVE_INFINITY
  #kept: Batch<Reading> | undefined

  constructor(context: OperatorContext<string>, bug: Bug | undefined, sums: Map<number, number>) {
    this.#context = context
    this.#bug = bug
    this.#sums = sums
  }

  onBatch(lent: Batch<Reading>): void {
    const batch = this.#bug === 'keeps a lent batch' ? (this.#kept ?? lent) : lent
    for (let i = 0; i < batch.size; i++) {
      if (this.#bug !== 'fires at the end of a batch only') this.#advance(batch.watermarks[i]!)
      this.#add(batch, i)
    }
    if (this.#bug === 'keeps a lent batch') {
      this.#kept = this.#kept === undefined ? lent : undefined
      if (this.#kept !== undefined) return
    }
    this.#finish(lent)
  }

  snapshot(...[state, scope]: Parameters<NonNullable<Operator<Reading>['snapshot']>>): void {
    const starts = scope === 'all' ? [...this.#sums.keys()] : [...this.#changed]
    const open = starts.filter(start => this.#bug !== 'changes brings closed windows back' || this.#sums.has(start))
    state.value(scope).value(this.#bug === 'forgets the watermark in its snapshot' ? 0 : this.#watermark)
    state.value(open.map(start => [start, this.#sums.get(start)]))
    this.#changed.clear()
    if (this.#bug === 'snapshot empties the operator') this.#sums.clear()
  }

  restore(...[state]: Parameters<NonNullable<Operator<Reading>['restore']>>): void {
    const scope = state.value()
    this.#watermark = state.value() as number
    if (scope === 'all' || this.#bug === 'changes are taken for everything') this.#sums.clear()
    for (const [start, sum] of state.value() as [number, number | undefined][]) {
      if (sum === undefined) this.#sums.delete(start)
      else this.#sums.set(start, sum)
    }
  }

  #add(batch: Batch<Reading>, at: number): void {
    const time = batch.times[at]!
    const value = batch.values[at]!
    const start = Math.floor((this.#bug === 'includes the end of the window' ? time - 1 : time) / SIZE) * SIZE
    if (start + SIZE - 1 <= this.#watermark) {
      this.#context.metrics.lateRecords += this.#bug === 'counts late records twice' ? 2 : 1
      if (
        this.#context.side('late') !== undefined ||
        this.#bug !== 'drops nothing while nobody takes the side output'
      ) {
        this.#late.add(value, time, batch.watermarks[at]!, batch.offsets[at]!)
        return
      }
    }
    const isFirst = this.#bug === 'sums per batch' && at === 0
    this.#sums.set(start, (isFirst ? 0 : (this.#sums.get(start) ?? 0)) + value.amount)
    this.#changed.add(start)
    if (this.#bug === 'rewrites a value of its input') value.amount = 0
  }

  #finish(batch: Batch<Reading>): void {
    const { watermark, idle } = batch
    if (this.#bug === 'emits after the watermark') {
      this.#context.output.push({ ...batch, values: [], size: 0 })
      this.#advance(watermark)
      for (let i = 0; i < this.#results.size; i++) this.#context.output.push(this.#results.take(watermark, idle))
      return
    }
    this.#advance(watermark)
    this.#context.side('late')?.push(this.#late.take(watermark, idle))
    if (this.#results.size === 0 && this.#bug === 'holds the watermark back while nothing is emitted') return
    const results = this.#results.take(watermark, idle)
    this.#context.output.push(results)
    if (this.#bug === 'uses a batch after it was handed on') this.#watermark = results.watermark
  }

  /** Results carry the watermark before the one that releases them. */
  #advance(watermark: number): void {
    if (watermark <= this.#watermark) return
    for (const start of [...this.#sums.keys()].sort((a, b) => a - b)) {
      const last = start + SIZE - 1
      if (last > watermark) continue
      const before = this.#bug === 'emits after the watermark' ? watermark : this.#watermark
      this.#results.add(`from ${start}: ${this.#sums.get(start)}`, last, before, Number.NaN)
      this.#sums.delete(start)
      this.#changed.add(start)
    }
    this.#watermark = watermark
  }
}
