import type { ConformanceKind } from './conformance-kind.ts'
import { assignEventTimeKind } from './kinds/assign-event-time.ts'
import { asyncIoKind } from './kinds/async-io.ts'
import { dedupKind } from './kinds/dedup.ts'
import { idlenessTimerKind } from './kinds/idleness-timer.ts'
import { intervalJoinKind } from './kinds/interval-join.ts'
import { tableSuppressKind } from './kinds/kstreams-table-suppress.ts'
import { kafkaWindowAssignKind } from './kinds/kstreams-window-assign.ts'
import { kafkaWindowKind, sessionByRecordKind, slidingByRecordKind } from './kinds/kstreams-windows.ts'
import { coProcessKind, keyedProcessKind, processKind } from './kinds/process.ts'
import { sessionMergeKind, windowIntersectsKind } from './kinds/session-merge.ts'
import { streamJoinKind } from './kinds/stream-join.ts'
import { temporalJoinKind } from './kinds/temporal-join.ts'
import { topNKind } from './kinds/top-n.ts'
import { unionKind } from './kinds/union.ts'
import { watermarkMultiplexerKind, watermarkValveKind } from './kinds/watermark-combine.ts'
import { watermarkGeneratorKind } from './kinds/watermark-generator.ts'
import { sqlWindowKind, windowKind } from './kinds/window.ts'
import { windowAssignKind } from './kinds/window-assign.ts'
import { windowCoGroupKind, windowJoinKind } from './kinds/window-join.ts'

/** Adapters, one for each kind of operator and the dialects that it follows. */
export const CONFORMANCE_KINDS: readonly ConformanceKind[] = [
  dedupKind,
  topNKind,
  assignEventTimeKind,
  asyncIoKind,
  idlenessTimerKind,
  watermarkGeneratorKind,
  watermarkMultiplexerKind,
  watermarkValveKind,
  intervalJoinKind,
  kafkaWindowAssignKind,
  kafkaWindowKind,
  sessionByRecordKind,
  sessionMergeKind,
  streamJoinKind,
  temporalJoinKind,
  slidingByRecordKind,
  tableSuppressKind,
  unionKind,
  windowAssignKind,
  windowIntersectsKind,
  windowCoGroupKind,
  windowJoinKind,
  windowKind,
  sqlWindowKind,
  keyedProcessKind,
  coProcessKind,
  processKind,
]
