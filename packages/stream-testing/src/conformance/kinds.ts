import type { ConformanceKind } from './conformance-kind.ts'
import { unionKind } from './kinds/union.ts'

/** Adapters, one for each kind of operator and the dialects that it follows. */
export const CONFORMANCE_KINDS: readonly ConformanceKind[] = [unionKind]
