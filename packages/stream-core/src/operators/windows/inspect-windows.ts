import { encodeKey } from '../../state/key.ts'
import type { TimeWindow, WindowAssigner } from '../../windows/window-assigner.ts'
import type { Inspection, InspectionAnswer } from '../operator.ts'
import type { WindowEntries } from './window-entries.ts'
import type { WindowEntry } from './window-entry.ts'

/** What the answer depends on, besides the windows themselves. */
export interface WindowProgress {
  readonly assigner: WindowAssigner<never>
  readonly watermark: number
  readonly watermarkCloses: boolean
  /** End of the windows that the wall clock has closed; undefined where it closes none. */
  readonly closedUpTo: number | undefined
  readonly lateness: number
}

/** Says of the windows in question, or of the first open one, whether they are open, when they end and what they wait for. */
export function inspectWindows(
  { key, windowStart }: Inspection,
  entries: WindowEntries,
  progress: WindowProgress,
): InspectionAnswer {
  const { watermark } = progress
  const text = key === undefined ? undefined : encodeKey(key)
  const open = entries
    .inOrder()
    .filter(entry => text === undefined || encodeKey(entry.key) === text)
    .filter(({ window }) => windowStart === undefined || window.start === windowStart)
  const [first] = open
  const watermarkText = `the watermark is at ${timeText(watermark)}`
  if (first === undefined)
    return { text: `No such window is open; ${watermarkText}. ${goneText(windowStart, progress)}`, watermark }
  const others = open.length === 1 ? '' : ` ${open.length - 1} more are open.`
  const answer = { text: `${entryText(first)}; ${watermarkText}. ${waitText(first, progress)}${others}`, watermark }
  if (!progress.watermarkCloses || !Number.isFinite(first.lastTime)) return answer
  return { ...answer, waitsFor: first.lastTime > watermark ? first.lastTime : first.forgottenAt }
}

function goneText(
  windowStart: number | undefined,
  { assigner, watermark, closedUpTo, lateness }: WindowProgress,
): string {
  if (windowStart === undefined) return 'Windows are opened by records.'
  const window = assigner.merges ? undefined : windowAt(assigner, windowStart)
  if (window === undefined) return 'No record has opened it, or it is over.'
  if (window.end - 1 + lateness <= watermark)
    return `It ended at ${timeText(window.end)}, which the watermark has passed: it is over.`
  if (closedUpTo !== undefined && window.end <= closedUpTo) return `The wall clock has closed it.`
  return 'No record has opened it yet.'
}

/** The window that starts there, where the assigner can tell without a record. */
function windowAt(assigner: WindowAssigner<never>, start: number): TimeWindow | undefined {
  try {
    return assigner.windowsOf(undefined as never, start).find(window => window.start === start)
  } catch {
    return undefined
  }
}

function entryText({ key, window, size }: WindowEntry): string {
  const span = Number.isFinite(window.end) ? `from ${timeText(window.start)} to ${timeText(window.end)}` : 'of all time'
  return `The window ${span} of key ${JSON.stringify(typeof key === 'bigint' ? `${key}n` : key)} is open with ${size} ${size === 1 ? 'record' : 'records'}`
}

function waitText(entry: WindowEntry, { watermark, watermarkCloses, closedUpTo }: WindowProgress): string {
  const { lastTime, forgottenAt, window } = entry
  if (!Number.isFinite(lastTime)) return 'It has no end and emits when its trigger says so.'
  const clock = closedUpTo === undefined ? '' : ' The wall clock may close it before.'
  if (!watermarkCloses) return `It waits for the wall clock to pass ${timeText(window.end)}.`
  if (lastTime > watermark) return `It waits for the watermark to reach ${timeText(lastTime)}.${clock}`
  return `It has ended, and takes late records until the watermark reaches ${timeText(forgottenAt)}.`
}

/** Epoch ms with the date that it is. */
function timeText(time: number): string {
  if (!Number.isFinite(time)) return time > 0 ? 'the end of all input' : 'no time yet'
  return Math.abs(time) <= 8.64e15 ? `${time} (${new Date(time).toISOString()})` : String(time)
}
