import type { Random } from './random.ts'

/**
 * What goes wrong at a call of a process to the outside world.
 * - crash: the process is gone; what it has sent before may still arrive.
 * - pause: it stands still and goes on later, in the belief that no time has passed.
 * - error: the connection breaks before the request has arrived.
 * - lostAnswer: it breaks after the request took effect; lateEffect: before, but the request arrives all the same, much later.
 * - slow: the call takes long.
 * - rebalance: partitions are dealt anew; deploy: the process is asked to stop and is started again.
 * - clockJump: wall-clock time of the process is set forwards or back.
 * - retention, truncation: the log loses records at its beginning or its end.
 */
export type FaultKind =
  | 'clockJump'
  | 'crash'
  | 'deploy'
  | 'error'
  | 'lateEffect'
  | 'lostAnswer'
  | 'pause'
  | 'rebalance'
  | 'retention'
  | 'slow'
  | 'truncation'

/** When in the course of a call. */
export type FaultMoment = 'before' | 'sent' | 'done'

export interface Fault {
  readonly kind: FaultKind
  readonly moment: FaultMoment
}

const ANYWHERE: readonly FaultKind[] = [
  'crash',
  'crash',
  'pause',
  'pause',
  'error',
  'slow',
  'rebalance',
  'deploy',
  'clockJump',
]
/** What a database may do and a read of the log cannot show. */
const WITH_EFFECT: readonly FaultKind[] = ['lostAnswer', 'lateEffect']
const LOSSES: readonly FaultKind[] = ['retention', 'truncation']
const MOMENTS: readonly FaultMoment[] = ['before', 'sent', 'done']

/** Decides at each call whether something goes wrong: some runs are hurt often, some seldom, some never, and each comes to an end. */
export class Faults {
  readonly counts = new Map<FaultKind, number>()
  readonly #random: Random
  readonly #rate: number
  readonly #losesRecords: boolean
  readonly #allowed: ReadonlySet<FaultKind> | undefined
  #left: number

  /** `most`: faults at most; `allowed`: kinds, all when undefined. Records are lost in one run of twenty only, because such a run ends early. */
  constructor(random: Random, most: number, allowed: readonly FaultKind[] | undefined) {
    this.#random = random
    this.#left = random.between(0, most)
    this.#rate = random.pick([0.01, 0.03, 0.1])
    this.#losesRecords = random.chance(0.05)
    this.#allowed = allowed === undefined ? undefined : new Set(allowed)
  }

  /** Nothing goes wrong any more. */
  end(): void {
    this.#left = 0
  }

  at(call: string): Fault | undefined {
    if (this.#left === 0 || !this.#random.chance(this.#rate)) return undefined
    const kinds = [
      ...ANYWHERE,
      ...(call.startsWith('db.') ? WITH_EFFECT : []),
      ...(this.#losesRecords ? LOSSES : []),
    ].filter(kind => this.#allowed?.has(kind) !== false)
    if (kinds.length === 0) return undefined
    const kind = this.#random.pick(kinds)
    this.#left--
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1)
    return { kind, moment: this.#random.pick(MOMENTS) }
  }
}
