import type { CaseInput, ConformanceCase } from './conformance-case.ts'
import type { ConformanceSubject, SnapshotKind } from './conformance-kind.ts'

/** One way to run a case. Whatever the way, the results are the same. */
export interface Way {
  readonly name: string
  readonly steps: readonly Step[]
  readonly snapshots: SnapshotKind
  /** True when a fresh copy is restored after every step. */
  readonly restoresAlways: boolean
  /** True when a step has several items, so that nobody can say after which of them a result came. */
  readonly cutsItems: boolean
  suits(subject: ConformanceSubject): boolean
}

interface Step {
  readonly items: readonly CaseInput[]
  /** Index of the last item. */
  readonly last: number
}

/** The first way, item by item, suits every operator. */
export function waysToRun({ input, expectError }: ConformanceCase): Way[] {
  const single = input.map((item, last) => ({ items: [item], last }))
  const plain = { steps: single, restoresAlways: false, cutsItems: false, suits: () => true } as const
  const ways: Way[] = [{ ...plain, name: 'item by item', snapshots: 'all' }]
  if (expectError !== undefined) return ways
  if (input.some(item => 'snapshotRestore' in item)) {
    ways.push({ ...plain, name: 'restored from a chain of snapshots', snapshots: 'changes' })
  }
  for (const snapshots of ['all', 'changes'] as const) {
    const name = snapshots === 'all' ? 'from a full snapshot' : 'from the changes since the start'
    ways.push({
      ...plain,
      name: `restored after every item ${name}`,
      snapshots,
      restoresAlways: true,
      suits: subject => subject.restore !== undefined && subject.restoresAnywhere !== false,
    })
  }
  const steps = together(input)
  if (steps.length < input.length) {
    const suits = (subject: ConformanceSubject) => subject.feedTogether !== undefined
    ways.push({ ...plain, name: 'in large batches', steps, snapshots: 'all', cutsItems: true, suits })
  }
  return ways
}

/** Neighbouring elements and watermarks of one input. */
function together(input: readonly CaseInput[]): Step[] {
  const hasStatus = input.some(item => 'status' in item)
  const steps: Step[] = []
  let open: CaseInput[] = []
  for (const [last, item] of input.entries()) {
    const canJoin =
      !hasStatus && open[0] !== undefined && canBatch(open[0]) && canBatch(item) && inputOf(open[0]) === inputOf(item)
    if (canJoin) steps.pop()
    else open = []
    open = [...open, item]
    steps.push({ items: open, last })
  }
  return steps
}

function canBatch(item: CaseInput): boolean {
  return 'element' in item || ('watermark' in item && item.deferred === undefined)
}

function inputOf(item: CaseInput): unknown {
  return 'input' in item ? item.input : 0
}
