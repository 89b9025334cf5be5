import type { TimeWindow } from '../../windows/window-assigner.ts'
import type { InspectionAnswer } from '../operator.ts'

/** Says what an open window waits for. */
export function describeWait({ start, end }: TimeWindow, watermark: number, keys: number): InspectionAnswer {
  return {
    text: `the window from ${timeText(start)} to ${timeText(end)} holds ${keys} ${keys === 1 ? 'key' : 'keys'} and emits when the watermark reaches ${timeText(end - 1)}; it is at ${timeText(watermark)}`,
    watermark,
    waitsFor: end - 1,
  }
}

function timeText(time: number): string {
  return Math.abs(time) <= LAST_DATE ? new Date(time).toISOString() : String(time)
}

const LAST_DATE = 8.64e15
