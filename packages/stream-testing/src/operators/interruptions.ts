import type { Interruption } from './run-script.ts'

/** The ways in which a run of `steps` steps is checkpointed and restored. */
export function interruptions(
  steps: number,
): { readonly name: string; readonly interrupt: Interruption<unknown, unknown> }[] {
  const list = [
    { name: 'restored from a full snapshot after every step', interrupt: restoreEveryStep(1) },
    { name: 'restored from one full snapshot and the changes since after every step', interrupt: restoreEveryStep() },
    { name: 'restored from a full snapshot every third step and the changes since', interrupt: restoreEveryStep(3) },
    { name: 'with a snapshot of everything after every step', interrupt: snapshotEveryStep('all') },
    { name: 'with a snapshot of changes after every step', interrupt: snapshotEveryStep('changes') },
  ]
  for (const stretch of [1, 2, 5, 8]) {
    list.push({
      name: `restored from sweeps of ${stretch} steps and the changes since`,
      interrupt: restoreFromSweeps(stretch),
    })
  }
  // A copy that ran long between its snapshots has other habits than one that was restored a moment ago.
  const stride = Math.max(1, Math.ceil(steps / MOST_RESTARTS))
  for (let at = 0; at < steps; at += stride) {
    list.push({ name: `restored once, after step ${at}, from a chain of snapshots`, interrupt: restoreOnce(at) })
  }
  for (let at = 1; at < steps; at += stride) {
    list.push({
      name: `restored once, after step ${at}, from a snapshot of that moment`,
      interrupt: restoreOnce(at, at),
    })
  }
  return list
}

const MOST_RESTARTS = 24

function restoreEveryStep(fullEvery = Number.POSITIVE_INFINITY): Interruption<unknown, unknown> {
  let chain: Uint8Array[] = []
  return (harness, step) => {
    const isFull = step < 0 || (step + 1) % fullEvery === 0
    const snapshot = harness.snapshot(isFull ? 'all' : 'changes')
    chain = isFull ? [snapshot] : [...chain, snapshot]
    harness.restart(chain)
  }
}

/**
 * Sweeps over the state while the steps go on changing it, two pieces a step and now and then a snapshot of changes between them, and restores when that has
 * gone on for `stretch` steps: from the pieces and the changes since the sweep began.
 */
function restoreFromSweeps(stretch: number): Interruption<unknown, unknown> {
  let sweep: (() => Uint8Array | undefined) | undefined
  let pieces: Uint8Array[] = []
  let changes: Uint8Array[] = []
  const take = (): boolean => {
    const piece = sweep?.()
    if (piece !== undefined) pieces.push(piece)
    return piece !== undefined
  }
  return (harness, step) => {
    const restarts = step < 0 || (step + 1) % stretch === 0
    take()
    // What is in a piece need not be in a snapshot before it is gone.
    if (restarts || step % 3 === 0) changes.push(harness.snapshot(step < 0 ? 'all' : 'changes'))
    take()
    if (!restarts) return
    while (sweep !== undefined && take());
    harness.restart([...pieces, ...changes])
    sweep = harness.sweep()
    pieces = []
    changes = []
  }
}

function snapshotEveryStep(scope: 'all' | 'changes'): Interruption<unknown, unknown> {
  return (harness, step) => {
    harness.snapshot(step < 0 ? 'all' : scope)
  }
}

/** Takes snapshots from step `from` to step `at`, the first one full, and restores them then. */
function restoreOnce(at: number, from = -1): Interruption<unknown, unknown> {
  let chain: Uint8Array[] = []
  return (harness, step) => {
    if (step < from || step > at) return
    const isFull = step === from
    const snapshot = harness.snapshot(isFull ? 'all' : 'changes')
    chain = isFull ? [snapshot] : [...chain, snapshot]
    if (step === at) harness.restart(chain)
  }
}
