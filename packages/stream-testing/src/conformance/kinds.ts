import type { ConformanceKind } from './conformance-kind.ts'
import { dedupKind } from './kinds/dedup.ts'
import { intervalJoinKind } from './kinds/interval-join.ts'
import { coProcessKind, keyedProcessKind, processKind } from './kinds/process.ts'
import { sessionMergeKind, windowIntersectsKind } from './kinds/session-merge.ts'
import { topNKind } from './kinds/top-n.ts'
import { unionKind } from './kinds/union.ts'
import { windowKind } from './kinds/window.ts'
import { windowAssignKind } from './kinds/window-assign.ts'

/** Adapters, one for each kind of operator and the dialects that it follows. */
export const CONFORMANCE_KINDS: readonly ConformanceKind[] = [
  dedupKind,
  topNKind,
  intervalJoinKind,
  sessionMergeKind,
  unionKind,
  windowAssignKind,
  windowIntersectsKind,
  windowKind,
  keyedProcessKind,
  coProcessKind,
  processKind,
]
