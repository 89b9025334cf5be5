import { messageOf } from '@rtp/stream-core/extend'
import type { ConformanceCase } from './conformance-case.ts'
import type { ConformanceKind } from './conformance-kind.ts'
import { CONFORMANCE_KINDS } from './kinds.ts'
import { runCase } from './run-case.ts'

/** What became of one case. */
export type CaseReport =
  | { readonly id: string; readonly status: 'passed' }
  | {
      readonly id: string
      readonly status: 'failed'
      /** In which way of running it, or why it could not be run. */
      readonly reason: string
      /** The first difference, in words; left out where the case could not be run. */
      readonly expected?: string
      readonly got?: string
    }
  | { readonly id: string; readonly status: 'skipped'; readonly reason: string }

export interface ConformanceOptions {
  /** Adapters, asked in this order. Default: those of the operators of stream-core. */
  readonly kinds?: readonly ConformanceKind[]
  /** Real ms that an asynchronous case may take. Default 10,000. */
  readonly timeoutMs?: number
}

/**
 * Runs a case through the operator that answers for its kind: item by item, restored from snapshots after every item, and in large batches. Never
 * rejects: a case that throws has failed. Cases of Beam's dialect and of pattern matching are skipped.
 */
export async function runConformanceCase(
  testCase: ConformanceCase,
  options: ConformanceOptions = {},
): Promise<CaseReport> {
  const { id } = testCase
  const reason = reasonToSkip(testCase)
  if (reason !== undefined) return { id, status: 'skipped', reason }
  try {
    const kind = kindOf(testCase, options.kinds ?? CONFORMANCE_KINDS)
    if (kind === undefined) return { id, status: 'failed', reason: `there is no adapter for ${nameOf(testCase)}` }
    const failure = await withTimeout(runCase(kind, testCase), options.timeoutMs ?? 10_000)
    return failure === undefined ? { id, status: 'passed' } : { id, status: 'failed', ...failure }
  } catch (cause) {
    return { id, status: 'failed', reason: messageOf(cause) }
  }
}

/** Why a case is not run: it asks for what this library does not want to have. */
function reasonToSkip({ operator }: ConformanceCase): string | undefined {
  if (operator.dialect === 'beam') return "Beam's dialect: windows, panes and triggers follow Flink here"
  if (operator.kind === 'cep') return 'pattern matching (CEP) is not part of this library'
  return undefined
}

function kindOf({ operator }: ConformanceCase, kinds: readonly ConformanceKind[]): ConformanceKind | undefined {
  const { kind, dialect } = operator
  return kinds.find(one => one.kind === kind && (dialect === undefined || one.dialects.includes(dialect)))
}

function nameOf({ operator: { kind, dialect } }: ConformanceCase): string {
  return dialect === undefined ? `kind "${kind}"` : `kind "${kind}" in the dialect "${dialect}"`
}

async function withTimeout<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`it did not end within ${ms} ms`)), ms)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
