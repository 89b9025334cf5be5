import type { ConformanceKind } from './conformance-kind.ts'
import { intervalJoinKind } from './kinds/interval-join.ts'
import { unionKind } from './kinds/union.ts'

/** Adapters, one for each kind of operator and the dialects that it follows. */
export const CONFORMANCE_KINDS: readonly ConformanceKind[] = [intervalJoinKind, unionKind]
