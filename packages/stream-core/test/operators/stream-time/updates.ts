import type { InputItem } from '@rtp/stream-testing'
import { customAggregate } from '../../../src/aggregates/custom.ts'
import type { Late } from '../../../src/index.ts'
import type { EmitStrategy } from '../../../src/operators/stream-time/emit-strategy.ts'
import { sessionByRecord } from '../../../src/operators/stream-time/session-by-record.ts'
import { slidingByRecord } from '../../../src/operators/stream-time/sliding-by-record.ts'
import { streamTimeWindow } from '../../../src/operators/stream-time/stream-time-window.ts'
import { streamTimeWindows } from '../../../src/windows/stream-time-windows.ts'
import type { WindowUpdate } from '../../../src/windows/window-update.ts'
import { byKey } from '../by-key.ts'

/** A record: its key, its time and a text that results are made of. */
export interface Word {
  readonly key: string
  readonly text: string
}

/** The texts of a window in order of arrival, with nothing between. It changes its accumulator in place, so a shared one would show. */
export const spelled = customAggregate<Word, { text: string }, string>(
  {
    create: () => ({ text: '' }),
    add(sofar, { text }) {
      sofar.text += text
      return sofar
    },
    merge: (a, b) => ({ text: a.text + b.text }),
    finish: ({ text }) => text,
  },
  'spelled',
)

export const slidingOf = (timeDifferenceMs: number, graceMs: number, emit: EmitStrategy) =>
  slidingByRecord<string, Word, string>(spelled, { key: byKey(({ key }) => key), timeDifferenceMs, graceMs, emit })

export const sessionsOf = (gapMs: number, graceMs: number, emit: EmitStrategy) =>
  sessionByRecord<string, Word, string>(spelled, { key: byKey(({ key }) => key), gapMs, graceMs, emit })

export const windowsOf = (sizeMs: number, advanceMs: number, graceMs: number, emit: EmitStrategy) =>
  streamTimeWindow<string, Word, string>(spelled, {
    key: byKey(({ key }) => key),
    windows: streamTimeWindows(sizeMs, advanceMs),
    graceMs,
    emit,
  })

export function at(time: number, text: string, key = 'a'): InputItem<Word> {
  return { value: { key, text }, time }
}

/** What a window with inclusive bounds holds now. */
export function holds(start: number, end: number, value: string, time: number, key = 'a') {
  return { value: { type: 'value', key, window: { start, end, endInclusive: true }, value }, time } as const
}

/** What a window [start, end) holds now. */
export function holdsBefore(start: number, end: number, value: string, time: number, key = 'a') {
  return { value: { type: 'value', key, window: { start, end, endInclusive: false }, value }, time } as const
}

/** The session [start, end] is no more. */
export function gone(start: number, end: number, key = 'a') {
  const value: WindowUpdate<string, string> = {
    type: 'tombstone',
    key,
    window: { start, end, endInclusive: true },
    value: null,
  }
  return { value, time: end }
}

/** What the late output says of a record. */
export function expired(time: number, text: string, streamTime: number, lateByMs: number, key = 'a') {
  const late: Late<Word> = { value: { key, text }, time, watermark: streamTime, lateByMs, reason: 'graceOver' }
  return { value: late, time }
}
